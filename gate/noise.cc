#include "gate/noise.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <tuple>

#include "diff/compare.h"
#include "gate/endpoint.h"
#include "http/request_traits.h"

namespace tracerec::gate {
namespace {

std::string names_of_kinds(std::uint32_t kinds) {
  std::string names;
  for (std::size_t kind = 0; kind < diff::kKindCount; ++kind) {
    if ((kinds >> kind & 1U) == 0) continue;
    if (!names.empty()) names += ", ";
    names += name_of(static_cast<diff::Kind>(kind));
  }
  return names;
}

constexpr std::int64_t kClockNs = 1'100'000'000;  // in which a clock of seconds is seen to run
constexpr std::uint64_t kKnownConstant = 2;       // comparisons
constexpr std::size_t kMaxSharedFlags = 16;       // more endpoints say nothing new

// "$.items[*].price"; the numbers of "$.items[*]" are all alike.
bool is_member_of_an_element(std::string_view location) {
  constexpr std::string_view kAny = "[*]";
  while (location.ends_with(kAny)) location.remove_suffix(kAny.size());
  return location.find(kAny) != std::string_view::npos;
}

std::uint64_t hash_of_path(std::string_view target) {
  return std::hash<std::string_view>{}(http::path_of(target));
}

}  // namespace

void TargetSet::add(std::uint64_t hash) {
  if (!is_full() && !contains(hash)) hashes_[count_++] = hash;
}

bool TargetSet::contains(std::uint64_t hash) const {
  return std::find(hashes_.begin(), hashes_.begin() + static_cast<std::ptrdiff_t>(count_), hash) !=
         hashes_.begin() + static_cast<std::ptrdiff_t>(count_);
}

class NoiseLearner final : public diff::DifferenceSink {
 public:
  NoiseLearner(Noise& noise, std::string endpoint) : noise_(noise), endpoint_(std::move(endpoint)) {}

  void on_difference(const diff::Difference& difference) override {
    if (difference.kind != diff::Kind::kStatus) noise_.learn_difference(endpoint_, difference);
  }
  void on_not_compared(diff::NotCompared) override {}  // nothing to learn from

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

 private:
  Noise& noise_;
  std::string endpoint_;
};

std::string location_key(std::string_view endpoint, std::string_view location) {
  std::string key(endpoint);
  key += '\0';
  key += location.substr(0, kMaxLocationBytes);
  return key;
}

void Noise::learn(diff::DuplicateMember member) {
  if (!first_ || first_->group_id != member.group_id) {
    first_ = std::move(member);
    member_number_ = 1;
    return;
  }
  ++member_number_;
  member_at_ns_ = member.response.at_unix_ns;
  NoiseLearner learner(*this, endpoint_names_
                                  ? endpoint_names_->name_of(member.method, member.target, member.operation).name
                                  : endpoint_of(member.method, member.target));
  if (endpoints_.size() < kMaxLocations || endpoints_.contains(learner.endpoint())) {
    EndpointEvidence& evidence = endpoints_[learner.endpoint()];
    evidence.groups += member_number_ == 2;
    evidence.members += member_number_ == 2 ? 2 : 1;
    evidence.recorded += !member.of_target;
    const std::int64_t apart_ns = std::abs(member_at_ns_ - first_->response.at_unix_ns);
    evidence.recorded_apart += !member.of_target && apart_ns >= kClockNs;
  }
  const diff::EndpointRules rules = rules_ ? diff::EndpointRules(*rules_, learner.endpoint()) : diff::EndpointRules{};
  diff::compare_messages(member.method, first_->response, member.response, rules, learner);
}

void Noise::learn_difference(const std::string& endpoint, const diff::Difference& difference) {
  std::string key = location_key(endpoint, difference.location);
  auto at = locations_.find(key);
  if (at == locations_.end()) {
    if (locations_.size() >= kMaxLocations) {
      ++not_learned_;
      return;
    }
    at = locations_.emplace(std::move(key), LocationNoise{}).first;
  }
  LocationNoise& noise = at->second;
  const diff::ResponseTimes times{first_->response.at_unix_ns, member_at_ns_};
  if (first_->of_target && would_loosen(noise, difference, times)) return;
  noise.targets.add(hash_of_path(first_->target));
  noise.paths.add(std::hash<std::string_view>{}(difference.path));
  noise.kinds |= 1U << static_cast<unsigned>(difference.kind);
  noise.types |= 1U << static_cast<unsigned>(difference.recorded.type);
  noise.types |= 1U << static_cast<unsigned>(difference.replayed.type);
  if (noise.groups_differed == 0 && !first_->of_target && is_flag(difference)) {
    auto& endpoints = flags_[std::string(difference.location.substr(0, kMaxLocationBytes))];
    if (endpoints.size() < kMaxSharedFlags) endpoints.push_back(endpoint);
  }
  noise.shape.learn(difference.recorded, difference.replayed, times);
  noise.baseline_varied = noise.baseline_varied || !first_->of_target;
  const bool new_group = noise.groups_differed == 0 || noise.last_group != first_->group_id;
  noise.groups_differed += new_group;
  noise.members_differed += new_group || noise.last_member != member_number_;
  noise.last_group = first_->group_id;
  noise.last_member = member_number_;
}

// What only the candidate was seen to do is no licence where the recording showed how the location varies.
bool Noise::would_loosen(const LocationNoise& noise, const diff::Difference& difference,
                         const diff::ResponseTimes& times) {
  return noise.baseline_varied &&
         (!covers(noise, difference) || noise.shape.violation(difference.recorded, difference.replayed, times) ||
          !noise.saw_type(difference.recorded.type) || !noise.saw_type(difference.replayed.type));
}

const LocationNoise* Noise::find(std::string_view endpoint, bool guessed, std::string_view target,
                                 std::string_view location, std::string_view path) const {
  const LocationNoise* noise = find(endpoint, location);
  if (noise == nullptr) return nullptr;
  const bool is_element = location != path && is_member_of_an_element(location);
  if (is_element && !noise->paths.is_full() && !noise->paths.contains(std::hash<std::string_view>{}(path)))
    return nullptr;
  if (!guessed || noise->targets.is_full()) return noise;
  return noise->targets.contains(hash_of_path(target)) ? noise : nullptr;
}

const LocationNoise* Noise::find(std::string_view endpoint, std::string_view location) const {
  if (locations_.empty()) return nullptr;
  const auto at = locations_.find(location_key(endpoint, location));
  return at == locations_.end() ? nullptr : &at->second;
}

bool Noise::knows_constants(std::string_view endpoint, bool clock) const {
  const auto seen = endpoints_.find(std::string(endpoint));
  if (seen == endpoints_.end()) return false;
  return (clock ? seen->second.recorded_apart : seen->second.recorded) >= kKnownConstant;
}

bool Noise::covers(const LocationNoise& noise, const diff::Difference& difference) {
  if (difference.kind == diff::Kind::kStatus) return false;
  // What comes and goes may do so in both directions.
  if (difference.kind == diff::Kind::kMissing || difference.kind == diff::Kind::kAdded) {
    return noise.varied_in(diff::Kind::kMissing) || noise.varied_in(diff::Kind::kAdded);
  }
  if (difference.kind == diff::Kind::kType)
    return noise.varied_in(diff::Kind::kType) && noise.saw_type(difference.replayed.type);
  // Values that vary may also be written differently.
  return noise.varied_in(difference.kind) ||
         (difference.kind == diff::Kind::kRepresentation && noise.varied_in(diff::Kind::kValue));
}

bool Noise::is_flag(const diff::Difference& difference) {
  return difference.kind == diff::Kind::kValue && difference.recorded.type == body::ValueType::kBool &&
         difference.replayed.type == body::ValueType::kBool;
}

std::optional<Share> Noise::shared_flag(std::string_view location) const {
  const auto at = flags_.find(std::string(location.substr(0, kMaxLocationBytes)));
  if (at == flags_.end() || at->second.size() < kMinSharedFlags) return std::nullopt;
  Share pooled;
  for (const std::string& endpoint : at->second) {
    const LocationNoise* noise = find(endpoint, location);
    if (noise == nullptr) continue;
    const Share own = drift(endpoint, *noise);
    pooled.hits += own.hits;
    pooled.trials += own.trials;
  }
  return pooled;
}

Share Noise::drift(std::string_view endpoint, const LocationNoise& noise) const {
  const auto seen = endpoints_.find(std::string(endpoint));
  return {noise.groups_differed, seen == endpoints_.end() ? noise.groups_differed : seen->second.groups};
}

std::vector<NoiseEntry> Noise::entries() const {
  std::vector<NoiseEntry> entries;
  for (const auto& [key, noise] : locations_) {
    NoiseEntry& entry = entries.emplace_back();
    entry.endpoint = key.substr(0, key.find('\0'));
    entry.location = key.substr(entry.endpoint.size() + 1);
    entry.kinds = names_of_kinds(noise.kinds);
    entry.shape = noise.shape.describe();
    if (const auto seen = endpoints_.find(entry.endpoint); seen != endpoints_.end()) entry.seen = seen->second;
    entry.drift = wilson_interval(drift(entry.endpoint, noise));
    entry.groups_differed = noise.groups_differed;
    entry.members_differed = noise.members_differed;
  }
  std::sort(entries.begin(), entries.end(), [](const NoiseEntry& a, const NoiseEntry& b) {
    return std::tie(a.endpoint, a.location) < std::tie(b.endpoint, b.location);
  });
  return entries;
}

}  // namespace tracerec::gate
