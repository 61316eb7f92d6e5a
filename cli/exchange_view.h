// One exchange in the forms that people and machines read.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "base/error.h"
#include "evaluate/sent_request.h"
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

// The exchange as it was in a run: the request as that sent it, and the target's response and times in place of the
// recorded ones. Of a failed one, what was received of the response.
[[nodiscard]] schema::StoredExchange in_run(schema::StoredExchange exchange, evaluate::SentMessage sent,
                                            const schema::Run& run, const schema::StoredResponse& response);

// What a run made of the exchange, which is as in_run() gives it, for a terminal: the request, why it failed if it did,
// and the whole response of the target, up to kMaxShownBytes of its body.
[[nodiscard]] Result<void> write_run_text(schema::Reader& reader, const schema::StoredExchange& exchange,
                                          const schema::Run& run, const schema::StoredResponse& response,
                                          std::ostream& out);

// Its request alone: the head, and the start of the body.
[[nodiscard]] Result<void> write_request(schema::Reader& reader, const schema::StoredExchange& exchange,
                                         std::ostream& out);

constexpr std::size_t kMaxShownBytes = std::size_t{1} << 20;  // more is for `--as http`

}  // namespace tracerec::cli
