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

// Heads in full and the start of each body, made safe for a terminal.
[[nodiscard]] Result<void> write_text(schema::Reader& reader, const schema::StoredExchange& exchange,
                                      std::ostream& out);

}  // namespace tracerec::cli
