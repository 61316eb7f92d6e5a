#include "http/message.h"

#include "http/normalize.h"
#include "http/strict_parser.h"

namespace tracerec::http {
namespace {

template <bool is_request>
bool read_head(StrictParser<is_request>& parser, std::string_view raw) {
  boost::beast::error_code error;
  parser.put(boost::asio::const_buffer(raw.data(), raw.size()), error);
  return parser.is_header_done();
}

// Reads `raw` strictly, else its normalised copy, and lets `take` copy what it wants out of the parser.
template <bool is_request, class Head, class Take>
Result<Head> parse_head(std::string_view raw, const char* what, const Take& take) {
  Head head;
  {
    StrictParser<is_request> parser(&head.headers);
    if (read_head(parser, raw)) {
      take(parser, head);
      return head;
    }
  }
  const std::string strict = normalize_head(raw, is_request);
  head = {};
  StrictParser<is_request> parser(&head.headers);
  if (!read_head(parser, strict)) return Error{std::string("not a ") + what + " head: " + printable(raw, 80)};
  take(parser, head);
  return head;
}

}  // namespace

const std::string* HeaderList::find(std::string_view name) const {
  for (const Header& header : headers_) {
    if (equals_ignoring_case(header.name, name)) return &header.value;
  }
  return nullptr;
}

std::vector<std::string_view> HeaderList::values(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const Header& header : headers_) {
    if (equals_ignoring_case(header.name, name)) found.emplace_back(header.value);
  }
  return found;
}

Result<RequestHead> parse_request_head(std::string_view raw) {
  return parse_head<true, RequestHead>(raw, "request", [](const StrictParser<true>& parser, RequestHead& head) {
    head.method = parser.method;
    head.target = parser.target;
    head.minor_version = parser.minor_version;
  });
}

Result<ResponseHead> parse_response_head(std::string_view raw) {
  return parse_head<false, ResponseHead>(raw, "response", [](const StrictParser<false>& parser, ResponseHead& head) {
    head.status = parser.status;
    head.reason = parser.reason;
    head.minor_version = parser.minor_version;
  });
}

}  // namespace tracerec::http
