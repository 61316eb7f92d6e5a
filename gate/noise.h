// Noise learned from evidence: where equal requests got different responses, in the recording or when sent again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "diff/difference.h"
#include "diff/input.h"
#include "diff/rules.h"
#include "diff/shape.h"
#include "gate/endpoint.h"
#include "gate/statistics.h"

namespace tracerec::gate {

// How often equal requests of one endpoint were seen, as evidence.
struct EndpointEvidence {
  std::uint64_t groups = 0;   // of two and more equal requests
  std::uint64_t members = 0;  // exchanges in them
  // Comparisons of two of them that were recorded; of these: with enough time in between for a clock to be seen.
  std::uint64_t recorded = 0;
  std::uint64_t recorded_apart = 0;
};

// The first few targets at which something varied.
class TargetSet {
 public:
  void add(std::uint64_t hash);
  [[nodiscard]] bool contains(std::uint64_t hash) const;
  // So many that it is not a matter of one of them.
  [[nodiscard]] bool is_full() const { return count_ == hashes_.size(); }

 private:
  std::array<std::uint64_t, 3> hashes_{};
  std::size_t count_ = 0;
};

// What is known of one location that varied.
struct LocationNoise {
  std::uint32_t kinds = 0;  // set of Kind, as bits: in which way it varied
  std::uint32_t types = 0;  // set of ValueType, as bits: which types were seen
  diff::Shape shape;
  std::uint64_t groups_differed = 0;
  std::uint64_t members_differed = 0;  // responses that differed from the first of their group
  TargetSet paths;                     // of the elements at which it varied: "$.items[3].name"
  bool baseline_varied = false;        // not only responses of the candidate: DuplicateMember::of_target
  TargetSet targets;
  std::int64_t last_group = 0;
  std::uint64_t last_member = 0;

  [[nodiscard]] bool varied_in(diff::Kind kind) const { return (kinds >> static_cast<unsigned>(kind) & 1U) != 0; }
  [[nodiscard]] bool saw_type(body::ValueType type) const { return (types >> static_cast<unsigned>(type) & 1U) != 0; }
};

// One line for a report.
struct NoiseEntry {
  std::string endpoint;
  std::string location;
  std::string kinds;  // "value", "length, order"
  std::string shape;
  EndpointEvidence seen;
  std::uint64_t groups_differed = 0;
  std::uint64_t members_differed = 0;
  Interval drift;             // share of groups in which it varied, with 95 % confidence
  std::uint64_t applied = 0;  // differences of the run that were allowed because of it; filled by the judge
};

// Learned first, then only read. A status is never noise. One thread at a time while learning; any thread afterwards.
class Noise {
 public:
  // `endpoints` and `rules` are borrowed: how endpoints are called, and which keys arrays have.
  explicit Noise(const Endpoints* endpoints = nullptr, const diff::Rules* rules = nullptr)
      : endpoint_names_(endpoints), rules_(rules) {}

  // The next member of a group; the first member of each group is what the others are compared with. Memory: one member
  // and at most kMaxLocations locations.
  void learn(diff::DuplicateMember member);

  // What is known of this location, or nullptr when it never varied. Where the endpoint was guessed, noise counts for
  // the targets at which it was seen, and for all of them once that are three: names that were taken for ids
  // (/rpc/quote, /rpc/invoice) have nothing in common.
  // `path` is where exactly: at an array, noise counts for the elements that varied, and for all of them once they are
  // three.
  [[nodiscard]] const LocationNoise* find(std::string_view endpoint, bool guessed, std::string_view target,
                                          std::string_view location, std::string_view path) const;
  [[nodiscard]] const LocationNoise* find(std::string_view endpoint, std::string_view location) const;

  // Whether equal requests of this endpoint were recorded often enough to say that what did not vary there is constant.
  // `clock`: for a value that may be a clock, so that responses within its granularity do not count.
  [[nodiscard]] bool knows_constants(std::string_view endpoint, bool clock) const;

  // Whether the difference is the noise that was learned (kinds and types), leaving its shape aside.
  [[nodiscard]] static bool covers(const LocationNoise& noise, const diff::Difference& difference);

  // Whether a boolean became the other one.
  [[nodiscard]] static bool is_flag(const diff::Difference& difference);

  // The endpoints at which this boolean varied in the recording, pooled, once they are kMinSharedFlags; else nothing.
  // A flag that flips seldom (`cached`) is known from the endpoints at which it happened to flip.
  [[nodiscard]] std::optional<Share> shared_flag(std::string_view location) const;

  // In how many of the groups of this endpoint the location varied on its own.
  [[nodiscard]] Share drift(std::string_view endpoint, const LocationNoise& noise) const;

  // Sorted by endpoint and location.
  [[nodiscard]] std::vector<NoiseEntry> entries() const;

  // Differences between duplicates that were not learned because there were too many distinct locations.
  [[nodiscard]] std::uint64_t not_learned() const { return not_learned_; }

  static constexpr std::size_t kMaxLocations = 10000;
  static constexpr std::size_t kMinSharedFlags = 3;

 private:
  friend class NoiseLearner;
  void learn_difference(const std::string& endpoint, const diff::Difference& difference);
  [[nodiscard]] static bool would_loosen(const LocationNoise& noise, const diff::Difference& difference,
                                         const diff::ResponseTimes& times);

  const Endpoints* endpoint_names_;
  const diff::Rules* rules_;
  std::optional<diff::DuplicateMember> first_;
  std::int64_t member_at_ns_ = 0;
  std::uint64_t member_number_ = 0;
  std::uint64_t not_learned_ = 0;
  std::unordered_map<std::string, EndpointEvidence> endpoints_;
  std::unordered_map<std::string, LocationNoise> locations_;         // by location_key()
  std::unordered_map<std::string, std::vector<std::string>> flags_;  // by location: the first endpoints
};

// Endpoint and location as one key; a location is cut to kMaxLocationBytes.
[[nodiscard]] std::string location_key(std::string_view endpoint, std::string_view location);
constexpr std::size_t kMaxLocationBytes = 1024;

}  // namespace tracerec::gate
