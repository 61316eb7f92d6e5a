// What a client of the viewer sends: any path is a resource with a row of at least 1 or none, any parameter is read or
// refused by its name in one line, and only localhost and the viewer's own address are taken as Host.
#include <algorithm>
#include <string>

#include "base/text.h"
#include "fuzz.h"
#include "ui/access.h"
#include "ui/app.h"
#include "ui/exchange_filter.h"

namespace tracerec::fuzz {
namespace {

void check_host(std::string_view host) {
  const ui::Listen local{"127.0.0.1", 8600};
  if (!ui::is_host_allowed(local, host)) return;
  const std::string name = to_lower(host.substr(0, host.find(host.starts_with('[') ? ']' : ':')));
  FUZZ_CHECK(name == "localhost" || name == "[::1" || name == "[localhost" || name.find("127.") <= 1);
  FUZZ_CHECK(host.find_first_of("/@") == std::string_view::npos);
}

void check_listen(std::string_view text) {
  const auto listen = ui::parse_listen(text);
  if (!listen) return FUZZ_CHECK(listen.error().message.find('\n') == std::string::npos);
  const auto again = ui::parse_listen(ui::authority_of(*listen));
  FUZZ_CHECK(again.has_value() && again->host == listen->host && again->port == listen->port);
}

// "name=value" in each line.
ui::Query query_of(std::string_view lines) {
  ui::Query query;
  while (!lines.empty()) {
    const std::string_view line = take_until(lines, '\n');
    const std::size_t equals = std::min(line.find('='), line.size());
    query.parameters.emplace(line.substr(0, equals), line.substr(std::min(equals + 1, line.size())));
  }
  return query;
}

void check_filter(const ui::Query& query) {
  const auto filter = ui::filter_of(query);
  if (!filter) {
    const std::string& message = filter.error().message;
    FUZZ_CHECK(query.parameters.contains(message.substr(0, message.find(' '))));
    FUZZ_CHECK(message.find('\n') == std::string::npos);
    return;
  }
  schema::ExchangeLine line;
  line.target = query.text("path");
  line.method = query.text("method");
  (void)filter->accepts(line);
}

}  // namespace

void fuzz_one(std::string_view input) {
  const std::string_view host = take_until(input, '\n');
  const std::string_view path = take_until(input, '\n');
  check_host(host);
  check_listen(host);
  (void)ui::is_origin_allowed(path, host);
  FUZZ_CHECK(!ui::is_token_right(host, "a token that no input has"));
  for (const char* method : {"GET", "POST"}) {
    const ui::Route route = ui::find_route(method, std::string(path));
    FUZZ_CHECK(route.handler == nullptr || route.query.id >= 0);
  }
  check_filter(query_of(input));
}

}  // namespace tracerec::fuzz
