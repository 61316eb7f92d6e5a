// Two responses to one request as lines, beside each other.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::evaluate {

// A response as people read it: chunk framing undone, content codings decoded, JSON laid out, text in UTF-8. Raw.
struct ResponseLines {
  std::string status;
  std::vector<std::string> headers;
  std::vector<std::string> body;  // and the trailers; of what is no text, its size and digest
};

// A body of more than kMaxDiffBytes or kMaxDiffLines, or one that is not whole, is shown as such. Error: the head is
// none, or the trace file cannot be read.
[[nodiscard]] Result<ResponseLines> response_lines(schema::Reader& reader, const std::string& raw_head,
                                                   const schema::StoredBody& body);
constexpr std::size_t kMaxDiffBytes = std::size_t{16} << 20;
constexpr std::uint64_t kMaxDiffLines = 1'000'000;

// "  both", "- recorded", "+ replayed" for a terminal: printable(), long lines cut where they are equal. Headers are
// set beside each other whatever their order, which means nothing (RFC 9110 §5.3). Of more equal lines of a body than
// some around what differs, how many there are.
[[nodiscard]] std::vector<std::string> response_diff(const ResponseLines& recorded, ResponseLines replayed);

}  // namespace tracerec::evaluate
