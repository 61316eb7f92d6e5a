#include "cli/set_headers.h"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/option_file.h"
#include "base/text.h"
#include "replay/rewrite.h"

// Tests: tests/e2e/set_headers_test.cc.

namespace tracerec::cli {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
constexpr std::string_view kFromEnvironment = "env:";

// `where` names the option, or the line of its file.
Result<void> take_from_environment(const std::string& where, http::Header& header) {
  if (!header.value.starts_with(kFromEnvironment)) return {};
  const std::string name = header.value.substr(kFromEnvironment.size());
  const char* value = std::getenv(name.c_str());
  if (value == nullptr)
    return Error{where + ": the environment has no variable '" + printable(name, 80) + "'; export it"};
  auto taken = replay::parse_header_option(header.name + ": " + value);
  if (!taken)
    return Error{where + ": the variable " + printable(name, 80) +
                 " has a line end or another control byte; take it out"};
  header.value = std::move(taken->value);
  return {};
}

Result<http::Header> parse_header(const std::string& where, std::string_view text) {
  auto header = replay::parse_header_option(text);
  if (!header) return Error{where + " is not a valid header: write 'Name: value'"};
  if (replay::is_framing(header->name))
    return Error{where + ": " + header->name + " follows the request that is sent and cannot be set; leave it out"};
  if (auto taken = take_from_environment(where, *header); !taken) return taken.error();
  return header;
}

Result<void> read_header_file(const std::string& path, std::vector<http::Header>& headers) {
  const std::size_t before = headers.size();
  const std::string option = "--set-header @" + printable(path);
  const auto text = read_option_file(path, kMaxFileBytes);
  if (!text) return with_context(option, text.error());
  std::string_view rest = *text;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);  // a file from Windows
    line = trim(line);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    auto header = parse_header(option + " line " + std::to_string(number), line);
    if (!header) return header.error();
    headers.push_back(std::move(*header));
  }
  return headers.size() > before ? Result<void>() : Error{option + " has no header: write one 'Name: value' a line"};
}

}  // namespace

Result<std::vector<http::Header>> read_set_headers(const std::vector<std::string>& texts) {
  std::vector<http::Header> headers;
  for (const std::string& text : texts) {
    if (text.starts_with('@')) {
      if (auto read = read_header_file(text.substr(1), headers); !read) return read.error();
      continue;
    }
    const std::string name = text.substr(0, text.find_first_of(": \t\r\n="));  // the rest may be a secret
    auto header = parse_header("--set-header '" + printable(name, 80) + "…'", text);
    if (!header) return header.error();
    headers.push_back(std::move(*header));
  }
  return headers;
}

}  // namespace tracerec::cli
