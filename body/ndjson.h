// One JSON text a line (NDJSON, JSON lines), or after a record separator (JSON text sequences, RFC 7464). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tracerec::body {

// An array of the lines. `labelled`: the Content-Type says that it is this; without it, it takes two lines or more, all
// of them objects. Nothing when a line is not JSON.
[[nodiscard]] std::optional<std::string> ndjson_as_json(std::string_view text, bool labelled);

}  // namespace tracerec::body
