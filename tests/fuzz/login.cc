// Login files, and what a target responds to a login: a file is read, or refused with one printable line; its requests
// are what they should be; and no response brings more than a value into the header of later requests.
// Input: the file, a zero byte, a response head, a zero byte, its body.
#include "replay/login.h"

#include <string>

#include "base/text.h"
#include "fuzz.h"
#include "http/message.h"

namespace tracerec::fuzz {
namespace {

void check_line(const Error& error) {
  FUZZ_CHECK(!error.message.empty());
  FUZZ_CHECK(printable(error.message) == error.message);
}

// One request, as it reads to a server: nothing of the file ends a line.
void check_request(const replay::Login& login) {
  replay::Target target;
  target.host = "example.com";
  const replay::OneRequest request = replay::make_request(login, target);
  FUZZ_CHECK(request.head.find("\r\n\r\n") == request.head.size() - 4);
  const auto head = http::parse_request_head(request.head);
  FUZZ_CHECK(head.has_value());
  FUZZ_CHECK(head->method == login.method && head->target == login.path);
  constexpr std::size_t kOwnHeaders = 5;
  FUZZ_CHECK(head->headers.size() >= login.headers.size());
  FUZZ_CHECK(head->headers.size() <= login.headers.size() + kOwnHeaders);
  for (const http::Header& header : login.headers) {
    const std::string* sent = head->headers.find(header.name);
    FUZZ_CHECK(sent != nullptr);
  }
}

void check_response(const replay::Login& login, std::string_view head, std::string_view body) {
  replay::OneResponse response;
  const auto read = http::parse_response_head(head);
  if (!read) return;
  response.status = read->status;
  response.head = head;
  response.body = body.substr(0, replay::body_bytes_needed(login));
  response.body_is_cut = response.body.size() < body.size();
  const auto header = replay::header_of(login, response);
  if (!header) return check_line(header.error());
  FUZZ_CHECK(response.status < 400);
  FUZZ_CHECK(header->name == login.set.name);
  FUZZ_CHECK(header->value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
}

}  // namespace

void fuzz_one(std::string_view input) {
  const std::string_view text = take_until(input, '\0');
  const std::string_view head = take_until(input, '\0');
  const auto logins = replay::parse_logins(text);
  if (!logins) return check_line(logins.error());
  FUZZ_CHECK(!logins->empty());
  for (const replay::Login& login : *logins) {
    check_request(login);
    check_response(login, head, input);
  }
}

}  // namespace tracerec::fuzz
