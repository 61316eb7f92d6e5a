// A recorded request as a command to paste.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::evaluate {

// A bash command that re-sends the request to the host it was sent to, or to `target` ("http://staging:8080"). Any byte
// is quoted safely. Error: the head or the body cannot be read.
[[nodiscard]] Result<std::string> to_curl(schema::Reader& reader, const schema::StoredExchange& exchange,
                                          const std::string& target = {});

// `text` as one word for bash, whatever bytes it holds.
[[nodiscard]] std::string shell_quote(std::string_view text);

}  // namespace tracerec::evaluate
