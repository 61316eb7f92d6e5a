// An entry of a HAR file: what becomes an exchange is two whole messages, whatever the entry says.
// Input: the entry, as JSON.
#include "convert/har_entry.h"

#include <nlohmann/json.hpp>

#include "fuzz.h"
#include "http/message.h"
#include "http/request_framing.h"

namespace tracerec::fuzz {
namespace {

// As many fields as the head has lines between its start line and the empty one: none was smuggled in.
template <class Head>
void check_lines(const std::string& raw, const Head& head) {
  std::size_t lines = 0;
  for (const char c : raw) lines += c == '\n' ? 1U : 0U;
  FUZZ_CHECK(lines == head.headers.size() + 2);
}

void check_exchange(const convert::Draft& draft) {
  const schema::Exchange& row = draft.row;
  if (const auto request = http::parse_request_head(row.request_head)) check_lines(row.request_head, *request);
  if (const auto response = http::parse_response_head(row.response_head)) check_lines(row.response_head, *response);
  FUZZ_CHECK(row.request_body.bytes.empty() || row.request_body.bytes.size() == row.request_body.wire_bytes);
  FUZZ_CHECK(row.response_body.bytes.empty() || row.response_body.bytes.size() == row.response_body.wire_bytes);
  FUZZ_CHECK(row.started_unix_ns >= 0 && row.duration_ns >= -1 && row.ttfb_ns <= row.duration_ns);
  if (!row.complete) return;
  FUZZ_CHECK(http::check_request(row.request_head, row.request_body.wire_bytes).has_value());
  FUZZ_CHECK(!row.response_head.empty() && row.status >= 100);
  FUZZ_CHECK(row.request_body.bytes.size() == row.request_body.wire_bytes);
  FUZZ_CHECK(row.response_body.bytes.size() == row.response_body.wire_bytes);
}

}  // namespace

void fuzz_one(std::string_view input) {
  const auto json = nlohmann::json::parse(input, nullptr, false);
  if (json.is_discarded()) return;
  const convert::Entry entry = convert::read_har_entry(json);
  if (const auto* draft = std::get_if<convert::Draft>(&entry)) check_exchange(*draft);
}

}  // namespace tracerec::fuzz
