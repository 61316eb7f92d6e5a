// One exchange in the forms that people and machines read.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "base/error.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::cli {

// The object of `export jsonl` (design: the command line). Bodies are the payload without transfer coding, content
// coding kept; body_encoding is "utf8" or "base64". A head that cannot be read, or a body that was cut or is longer
// than the decode limit, leaves its part null and says so in notes.
[[nodiscard]] Result<nlohmann::ordered_json> to_json(schema::Reader& reader, const schema::StoredExchange& exchange);

// The exact wire bytes: the request, interim responses, the response. Body by body, never a whole one in memory.
[[nodiscard]] Result<void> write_http(schema::Reader& reader, const schema::StoredExchange& exchange,
                                      std::ostream& out);

// A bash command that sends the request again to the host it was sent to, or to `target` ("http://staging:8080"). Any
// byte is quoted safely.
[[nodiscard]] Result<std::string> to_curl(schema::Reader& reader, const schema::StoredExchange& exchange,
                                          const std::string& target = {});

// Heads in full and the start of each body, made safe for a terminal.
[[nodiscard]] Result<void> write_text(schema::Reader& reader, const schema::StoredExchange& exchange,
                                      std::ostream& out);

// `text` as one word for bash, whatever bytes it holds.
[[nodiscard]] std::string shell_quote(std::string_view text);

[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace tracerec::cli
