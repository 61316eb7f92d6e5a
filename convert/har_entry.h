// An entry of a HAR file (HTTP Archive 1.2, and what browsers and proxies make of it) as an exchange.
#pragma once

#include <nlohmann/json.hpp>

#include "convert/draft.h"

namespace tracerec::convert {

// docs/formats.md has the rules. In short: bodies are what the sizes beside them prove, or unknown; HTTP/2 becomes
// HTTP/1.1; a response that was decoded by the tool gets its content coding again; a response of a cache is no
// exchange. Never throws.
[[nodiscard]] Entry read_har_entry(const nlohmann::json& entry);

}  // namespace tracerec::convert
