#include "diff/difference.h"

#include <array>

namespace tracerec::diff {

std::string_view name_of(Kind kind) {
  static constexpr std::array<std::string_view, kKindCount> kNames = {
      "status", "missing", "added", "type", "value", "length", "order", "representation", "shape"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(body::ValueType type) {
  static constexpr std::array<std::string_view, 9> kNames = {"nothing", "null",  "boolean", "number", "number",
                                                             "string",  "array", "object",  "bytes"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view name_of(NotCompared reason) {
  static constexpr std::array<std::string_view, kNotComparedCount> kNames = {"recorded_incomplete",
                                                                             "replayed_incomplete",
                                                                             "after_status_change",
                                                                             "undecodable",
                                                                             "json_structure",
                                                                             "member_order",
                                                                             "volatile_header",
                                                                             "framing_header",
                                                                             "content_type_parameter",
                                                                             "structure",
                                                                             "spelling",
                                                                             "baseline_failed",
                                                                             "truncated",
                                                                             "reason_phrase",
                                                                             "redacted",
                                                                             "interim_responses"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace tracerec::diff
