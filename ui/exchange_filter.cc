#include "ui/exchange_filter.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "base/glob.h"
#include "base/text.h"
#include "base/time_text.h"
#include "http/decode.h"
#include "http/message.h"

namespace tracerec::ui {
namespace {

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto lower = [](char c) { return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [&](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

bool is_in(const StatusRange& range, int status) {
  return range.most == 0 || (status >= range.least && status <= range.most);
}

// "404", "4xx", "400-499"; empty: any.
Result<StatusRange> status_range(const Query& query, const std::string& name) {
  const std::string& text = query.text(name);
  if (text.empty()) return StatusRange{};
  const auto is_class = text.size() == 3 && is_digit(text[0]) && to_lower(text.substr(1)) == "xx";
  if (is_class) return StatusRange{(text[0] - '0') * 100, (text[0] - '0') * 100 + 99};
  StatusRange range;
  const char* const end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, range.least);
  range.most = range.least;
  if (parsed.ec == std::errc{} && parsed.ptr != end && *parsed.ptr == '-')
    parsed = std::from_chars(parsed.ptr + 1, end, range.most);
  if (parsed.ec == std::errc{} && parsed.ptr == end && range.least > 0 && range.most >= range.least) return range;
  return Error{name + " is a status code like 404, a class like 4xx or a range like 400-499"};
}

Result<std::int64_t> time_of(const Query& query, const std::string& name) {
  const std::string& text = query.text(name);
  if (text.empty()) return 0;
  const auto time = time_at(text, 0);
  if (time && time->end == text.size()) return time->unix_ns;
  return Error{name + " is a time like 2027-01-31T12:00:00Z"};
}

}  // namespace

bool ExchangeFilter::accepts(const schema::ExchangeLine& line) const {
  if (!method.empty() && !equals_ignoring_case(line.method, method)) return false;
  if (incomplete && line.complete) return false;
  if (failed && (!line.sent || line.failure.empty())) return false;
  if (!is_in(status, line.status) || !is_in(new_status, line.new_status)) return false;
  if (from_ns != 0 && line.started_unix_ns < from_ns) return false;
  if (to_ns != 0 && line.started_unix_ns > to_ns) return false;
  if (std::max(line.duration_ns, line.new_duration_ns) < least_duration_ns) return false;
  if (different != nullptr && !std::binary_search(different->begin(), different->end(), line.id)) return false;
  if (path.empty()) return true;
  return path.find('*') == std::string::npos ? contains_ignoring_case(line.target, path)
                                             : glob_match(path, line.target);
}

Result<ExchangeFilter> filter_of(const Query& query) {
  ExchangeFilter filter;
  filter.method = query.text("method");
  filter.path = query.text("path");
  filter.text = query.text("text");
  const auto status = status_range(query, "status"), new_status = status_range(query, "new_status");
  if (!status || !new_status) return !status ? status.error() : new_status.error();
  filter.status = *status;
  filter.new_status = *new_status;
  const auto from = time_of(query, "from"), to = time_of(query, "to");
  if (!from || !to) return !from ? from.error() : to.error();
  filter.from_ns = *from;
  filter.to_ns = *to;
  constexpr std::int64_t kMostMs = 1'000'000'000;
  const auto least_ms = query.number("least_ms", 0, 0, kMostMs);
  if (!least_ms) return least_ms.error();
  filter.least_duration_ns = *least_ms * 1'000'000;
  for (const auto& [name, flag] : {std::pair("incomplete", &filter.incomplete), std::pair("failed", &filter.failed)}) {
    const auto given = query.flag(name);
    if (!given) return given.error();
    *flag = *given;
  }
  return filter;
}

Result<bool> TextSearch::in_message(const std::string& raw_head, const schema::StoredBody& body, bool is_request) {
  if (contains_ignoring_case(raw_head, text_)) return true;
  std::string wire;
  const auto read = reader_.read_body(body, [&](std::string_view piece) {
    wire += piece.substr(0, kMostSearchedBytes - wire.size());
    return wire.size() < kMostSearchedBytes;
  });
  if (!read) return read.error();
  const bool is_cut = wire.size() < body.captured_bytes;
  if (is_cut) ++cut_;
  if (contains_ignoring_case(wire, text_)) return true;
  if (is_cut || wire.empty()) return false;
  http::HeaderList headers;
  if (is_request) {
    if (const auto head = http::parse_request_head(raw_head)) headers = head->headers;
  } else if (const auto head = http::parse_response_head(raw_head)) {
    headers = head->headers;
  }
  const auto content = http::decode_body(headers, wire, kMostSearchedBytes);
  if (!content) return false;  // in no coding that is known, or longer: its bytes were searched
  return contains_ignoring_case(*content, text_);
}

Result<bool> TextSearch::finds(schema::RowId exchange_id) {
  const auto exchange = reader_.exchange(exchange_id);
  if (!exchange) return exchange.error();
  if (!*exchange) return false;
  auto found = in_message((*exchange)->request_head, (*exchange)->request_body, true);
  if (!found || *found) return found;
  found = in_message((*exchange)->response_head, (*exchange)->response_body, false);
  if (!found || *found || run_id_ == 0) return found;
  const auto response = reader_.response(run_id_, exchange_id);
  if (!response) return response.error();
  if (!*response) return false;
  return in_message((*response)->response_head, (*response)->response_body, false);
}

}  // namespace tracerec::ui
