// The head that is sent: exactly the fields that the options name are changed, whatever the recorded head looks like,
// and nothing of an option or of the head adds a line. Input, with zero bytes between: a target, --set-header,
// --remove-header, --rewrite-path, the recorded head. An option that is refused is left out, with one printable line.
#include "replay/rewrite.h"

#include <string>
#include <vector>

#include "base/text.h"
#include "fuzz.h"
#include "http/message.h"
#include "replay/target.h"

namespace tracerec::fuzz {
namespace {

void check_line(const Error& error) {
  FUZZ_CHECK(!error.message.empty() && printable(error.message) == error.message);
}

template <class T>
std::vector<T> one_or_none(const Result<T>& read) {
  if (read) return {*read};
  check_line(read.error());
  return {};
}

replay::Target target_of(std::string_view text) {
  const auto read = replay::Target::parse(text);
  if (!read) {
    check_line(read.error());
    return {};
  }
  const auto again = replay::Target::parse(read->url());
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(again->host == read->host && again->port == read->port && again->tls == read->tls);
  FUZZ_CHECK(again->unix_path == read->unix_path);
  FUZZ_CHECK(read->authority().find_first_of(" \t\r\n/") == std::string::npos);
  return *read;
}

bool is(const http::Header& header, std::string_view name) {
  return equals_ignoring_case(header.name, name);
}

// What becomes of each field, by the options; an empty name: its value may be any.
std::vector<http::Header> expected(const http::HeaderList& recorded, const replay::Rewrite& rewrite) {
  std::vector<http::Header> fields;
  std::vector<http::Header> to_set = rewrite.set_headers;
  for (const http::Header& header : recorded) {
    const bool is_set = !rewrite.set_headers.empty() && is(header, rewrite.set_headers[0].name);
    if (is_set && !to_set.empty()) {
      fields.push_back({header.name, to_set[0].value});
      to_set.clear();
    } else if (is_set || (!rewrite.remove_headers.empty() && is(header, rewrite.remove_headers[0]))) {
      continue;
    } else if (is(header, "host")) {
      fields.push_back({header.name, rewrite.authority});
    } else {
      fields.push_back(is(header, "origin") || is(header, "referer") ? http::Header{} : header);
    }
  }
  fields.insert(fields.end(), to_set.begin(), to_set.end());
  return fields;
}

void check_head(std::string_view head, const replay::Rewrite& rewrite) {
  const std::string sent = replay::rewrite_head(head, rewrite);
  const auto recorded = http::parse_request_head(head);
  const bool is_whole = head.ends_with("\n\r\n") || head.ends_with("\n\n");  // as every stored one
  if (!recorded || !is_whole) return;
  const auto read = http::parse_request_head(sent);
  FUZZ_CHECK(read.has_value());
  FUZZ_CHECK(read->method == recorded->method && read->minor_version == recorded->minor_version);
  const std::vector<http::Header> fields = expected(recorded->headers, rewrite);
  FUZZ_CHECK(read->headers.size() == fields.size());
  std::size_t at = 0;
  for (const http::Header& header : read->headers) {
    FUZZ_CHECK(fields[at].name.empty() || header == fields[at]);
    ++at;
  }
  (void)replay::handling_of(sent);
}

}  // namespace

void fuzz_one(std::string_view input) {
  const replay::Target target = target_of(take_until(input, '\0'));
  auto set_headers = one_or_none(replay::parse_header_option(take_until(input, '\0')));
  // Other control bytes are sent as they were asked for, and read back as '?' (http/normalize.h).
  std::erase_if(set_headers, [](const http::Header& one) { return printable(one.value) != one.value; });
  auto remove_headers = one_or_none(replay::parse_header_name(take_until(input, '\0')));
  auto paths = one_or_none(replay::parse_path_rewrite(take_until(input, '\0')));
  check_head(input, replay::make_rewrite(target, std::move(set_headers), std::move(remove_headers), std::move(paths)));
}

}  // namespace tracerec::fuzz
