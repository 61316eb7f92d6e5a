#include "gate/finding.h"

#include <array>
#include <functional>

#include "base/hex.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"
#include "diff/cookies.h"
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
  change_varies |= change != first_change;
  types_vary |= types != first_types;
}

Sample make_sample(std::int64_t exchange_id, const diff::Difference& difference) {
  Sample sample;
  sample.exchange_id = exchange_id;
  sample.path = cut(difference.path, kMaxPathBytes);
  sample.recorded = cut(difference.recorded.shown, kMaxSampleBytes);
  sample.replayed = cut(difference.replayed.shown, kMaxSampleBytes);
  sample.note = cut(difference.note, kMaxSampleBytes);
  return sample;
}

bool is_redacted(const Sample& sample) {
  return sample.recorded == kRedactedValue && sample.replayed == kRedactedValue;
}

std::string signature_of(std::string_view endpoint, std::string_view location, diff::Kind kind) {
  std::string text(endpoint);
  text += '\0';
  text += location;
  text += '\0';
  text += name_of(kind);
  return to_hex(sha256(text).data(), kSignatureBytes);
}

std::string Finding::signature() const {
  return signature_of(endpoint, location, kind);
}

}  // namespace tracerec::gate
