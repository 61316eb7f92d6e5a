#include "gate/finding.h"

#include <array>

#include "base/hex.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"
#include "diff/cookies.h"

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
