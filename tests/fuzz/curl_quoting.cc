// A recorded request as a command: a POSIX shell reads back the very words, one argument each, with nothing to expand;
// the command is one line without control bytes. Input: a request head, a zero byte, the body.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "evaluate/curl.h"
#include "evaluate/shell_word.h"
#include "fuzz.h"
#include "http/message.h"
#include "shell_reader.h"

namespace tracerec::fuzz {
namespace {

constexpr std::string_view kAuthority = "example.com:8080";

std::string without_zeros(std::string_view text) {
  std::string out(text);
  std::erase(out, '\0');
  return out;
}

void check_word(std::string_view text) {
  const std::string word = evaluate::shell_quote(text);
  const auto commands = read_commands(word);
  FUZZ_CHECK(commands.size() == 1 && commands[0].size() == 1);
  FUZZ_CHECK(commands[0][0] == without_zeros(text));
  FUZZ_CHECK(!evaluate::is_plain_word(text) || printable(word) == word);
}

void check_printf(std::string_view bytes) {
  const std::string command = evaluate::printf_command(bytes);
  FUZZ_CHECK(printable(command) == command);
  const auto commands = read_commands(command);
  FUZZ_CHECK(commands.size() == 1 && commands[0].size() == 2 && commands[0][0] == "printf");
  FUZZ_CHECK(unformatted(commands[0][1]) == bytes);
}

// An argument of curl's, by the option before it.
bool takes_argument(std::string_view option) {
  return option == "-X" || option == "-H" || option == "--request-target" || option == "--data-binary" ||
         option == "--max-time";
}

bool is_flag(std::string_view option) {
  return option == "-sS" || option == "-i" || option == "--head" || option == "--path-as-is" || option == "--globoff" ||
         option == "--http1.0";
}

struct Sent {
  std::optional<std::string> method, target;
  std::string body;
  std::vector<std::string> headers;
};

// What curl makes of its words; anything that it would take for another option ends the process.
Sent read_curl(const std::vector<std::string>& words, std::string_view server) {
  Sent sent;
  FUZZ_CHECK(!words.empty() && words[0] == "curl");
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (is_flag(words[i])) {
      if (words[i] == "--head") sent.method = "HEAD";
      continue;
    }
    if (!takes_argument(words[i])) {
      FUZZ_CHECK(words[i].starts_with(server));
      if (!sent.target) sent.target = words[i].substr(server.size());
      continue;
    }
    FUZZ_CHECK(i + 1 < words.size());
    const std::string& value = words[++i];
    if (words[i - 1] == "-X") sent.method = value;
    if (words[i - 1] == "-H") sent.headers.push_back(value);
    if (words[i - 1] == "--request-target") sent.target = value;
    if (words[i - 1] == "--data-binary") sent.body = value;
  }
  return sent;
}

// curl's own "Name;" for a header without a value, and "Name:" for one that is not sent. It makes the Host by itself.
void check_headers(const Sent& sent, const http::HeaderList& headers) {
  std::size_t at = 0;
  for (const http::Header& header : headers) {
    if (header.name == "Host" && header.value == kAuthority) continue;
    FUZZ_CHECK(at < sent.headers.size());
    FUZZ_CHECK(sent.headers[at++] == header.name + (header.value.empty() ? ";" : ": " + header.value));
  }
  for (; at < sent.headers.size(); ++at) FUZZ_CHECK(sent.headers[at].find(':') == sent.headers[at].size() - 1);
}

std::optional<evaluate::SentRequest> read_request(std::string_view input) {
  auto head = http::parse_request_head(take_until(input, '\0'));
  if (!head) return std::nullopt;
  evaluate::SentRequest request;
  request.authority = kAuthority;
  request.head = std::move(*head);
  request.payload = input;
  return request;
}

void check_command(const evaluate::SentRequest& request) {
  const auto command = evaluate::to_curl(request);
  if (!command) return FUZZ_CHECK(printable(command.error().message) == command.error().message);
  FUZZ_CHECK(printable(*command) == *command);
  const auto commands = read_commands(*command);
  FUZZ_CHECK(commands.size() == 1 || commands.size() == 2);
  const Sent sent = read_curl(commands.back(), "http://" + std::string(kAuthority));
  const std::string usual = request.payload.empty() ? "GET" : "POST";
  FUZZ_CHECK(request.head.method == (sent.method.value_or(usual)));
  FUZZ_CHECK(request.head.target == sent.target);
  FUZZ_CHECK(commands.size() == 1 || (sent.body == "@-" && commands[0].size() == 2));
  FUZZ_CHECK((commands.size() == 1 ? sent.body : unformatted(commands[0][1])) == request.payload);
  check_headers(sent, request.head.headers);
}

}  // namespace

void fuzz_one(std::string_view input) {
  check_word(input);
  check_printf(input);
  if (const auto request = read_request(input)) check_command(*request);
}

}  // namespace tracerec::fuzz
