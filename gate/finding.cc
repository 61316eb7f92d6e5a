#include "gate/finding.h"

#include <algorithm>
#include <array>
#include <functional>

#include "base/hex.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"
#include "diff/cookies.h"
#include "gate/changed_words.h"
#include "gate/location_name.h"

namespace tracerec::gate {
namespace {

constexpr std::size_t kSignatureBytes = 6;
constexpr std::size_t kMaxPathBytes = 1024;

}  // namespace

std::string_view name_of(Severity severity) {
  static constexpr std::array<std::string_view, 3> kNames = {"low", "medium", "high"};
  return kNames[static_cast<std::size_t>(severity)];
}

Severity severity_of(const diff::Difference& difference) {
  if (diff::is_cookie_protection(difference.location) && difference.kind != diff::Kind::kAdded) return Severity::kHigh;
  // It is the status of gRPC (PROTOCOL-HTTP2, Responses).
  if (equals_ignoring_case(difference.location, "trailer:Grpc-Status")) return Severity::kHigh;
  if (difference.location == "version") return Severity::kLow;
  if (difference.location.starts_with("header:") || difference.location.starts_with("trailer:")) return Severity::kLow;
  switch (difference.kind) {
    case diff::Kind::kStatus: {
      const bool same_class = difference.recorded.text.substr(0, 1) == difference.replayed.text.substr(0, 1);
      return same_class ? Severity::kMedium : Severity::kHigh;
    }
    case diff::Kind::kMissing:
    case diff::Kind::kType:
      return Severity::kHigh;
    case diff::Kind::kOrder:
    case diff::Kind::kRepresentation:
      return Severity::kLow;
    case diff::Kind::kAdded:
    case diff::Kind::kValue:
    case diff::Kind::kLength:
    case diff::Kind::kShape:
      break;
  }
  return Severity::kMedium;
}

std::string cut(std::string_view text, std::size_t limit) {
  return std::string(utf8_prefix(text, limit)) + (text.size() > limit ? "…" : "");
}

namespace {

std::uint64_t chained(std::uint64_t seed, std::uint64_t more) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;  // 2^64 divided by the golden ratio
  return (seed ^ (more + kOdd + (seed << 6U) + (seed >> 2U))) * kOdd;
}

std::uint64_t hash_of(const body::Value& value) {
  return chained(static_cast<std::uint64_t>(value.type), std::hash<std::string_view>{}(value.text));
}

// Integers and decimals are one type to JSON.
std::uint64_t type_of(const body::Value& value) {
  return static_cast<std::uint64_t>(value.type == body::ValueType::kDecimal ? body::ValueType::kInteger : value.type);
}

}  // namespace

void AllValues::add(std::int64_t exchange_id, const diff::Difference& difference) {
  const std::uint64_t before = hash_of(difference.recorded), after = hash_of(difference.replayed);
  const std::uint64_t object = std::hash<std::string_view>{}(split_location(difference.path).parent);
  const bool is_missing = difference.kind == diff::Kind::kMissing;
  moved += chained(chained(static_cast<std::uint64_t>(exchange_id), object), is_missing ? before : after);
  const std::uint64_t change = chained(before, after);
  const std::uint64_t types = chained(type_of(difference.recorded), type_of(difference.replayed));
  if (first_types == 0) {
    first_change = change;
    first_types = types;
  }
  add_part(difference);
  change_varies |= change != first_change;
  types_vary |= types != first_types;
}

// Only values have parts; what varies already needs no second look.
void AllValues::add_part(const diff::Difference& difference) {
  if (difference.kind != diff::Kind::kValue || part_varies) return;
  const ChangedWords words = changed_words(difference.recorded.shown, difference.replayed.shown);
  const std::hash<std::string_view> hash;
  const std::uint64_t part = chained(chained(1, hash(words.before)), hash(words.after));
  if (first_part == 0) first_part = part;
  part_varies = part != first_part;
}

namespace {

constexpr std::string_view kCut = "…";
constexpr std::size_t kBytesBeforeDifference = 60;  // that say where it is

bool is_inside_a_character(std::string_view text, std::size_t at) {
  return at < text.size() && is_utf8_tail(text[at]);
}

// Where both sides begin to be shown so that their first difference is: 0 as long as the cut at the end leaves it.
std::size_t begin_of_shown(std::string_view a, std::string_view b) {
  const auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  const auto difference = static_cast<std::size_t>(at);
  if (difference + kBytesBeforeDifference < kMaxSampleBytes || difference >= std::max(a.size(), b.size())) return 0;
  std::size_t begin = difference - kBytesBeforeDifference;
  while (begin < difference && (is_inside_a_character(a, begin) || is_inside_a_character(b, begin))) ++begin;
  return begin;
}

std::string shown_from(std::string_view text, std::size_t begin) {
  if (begin == 0 || text.size() <= kMaxSampleBytes) return cut(text, kMaxSampleBytes);
  return std::string(kCut) + cut(text.substr(std::min(begin, text.size())), kMaxSampleBytes - kCut.size());
}

bool has_two_sides(const diff::Difference& difference) {
  return difference.kind != diff::Kind::kMissing && difference.kind != diff::Kind::kAdded;
}

}  // namespace

Sample make_sample(std::int64_t exchange_id, const diff::Difference& difference) {
  Sample sample;
  sample.exchange_id = exchange_id;
  sample.path = cut(difference.path, kMaxPathBytes);
  const std::string_view before = difference.recorded.shown, after = difference.replayed.shown;
  const std::size_t begin = has_two_sides(difference) ? begin_of_shown(before, after) : 0;
  sample.recorded = shown_from(before, begin);
  sample.replayed = shown_from(after, begin);
  sample.note = cut(difference.note, kMaxSampleBytes);
  return sample;
}

bool is_redacted(const Sample& sample) {
  return sample.recorded == kRedactedValue && sample.replayed == kRedactedValue;
}

namespace {

std::string status_classes(std::string_view before, std::string_view after) {
  before = before.substr(0, 1);
  after = after.substr(0, 1);
  return before == after ? std::string() : std::string(before) + "xx-" + std::string(after) + "xx";
}

}  // namespace

std::string status_classes_of(int before, int after) {
  return status_classes(std::to_string(before), std::to_string(after));
}

std::string status_classes_of(const diff::Difference& difference) {
  if (difference.kind != diff::Kind::kStatus) return {};
  return status_classes(difference.recorded.text, difference.replayed.text);
}

std::string signature_of(std::string_view endpoint, std::string_view location, diff::Kind kind,
                         std::string_view status_classes) {
  std::string text(endpoint);
  text += '\0';
  text += location;
  text += '\0';
  text += name_of(kind);
  if (!status_classes.empty()) (text += '\0') += status_classes;
  return to_hex(sha256(text).data(), kSignatureBytes);
}

std::string Finding::signature() const {
  return signature_of(endpoint, location, kind, status_classes);
}

}  // namespace tracerec::gate
