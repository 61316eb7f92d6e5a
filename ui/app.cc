#include "ui/app.h"

#include <charconv>
#include <exception>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace tracerec::ui {
namespace {

struct Entry {
  const char* method;
  const char* path;  // "{id}": a row, "{name}": one word
  Handler handler;
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> kEntries{
      {"GET", "overview", get_overview},
      {"GET", "recordings/{id}", get_recording},
      {"GET", "recordings/{id}/endpoints", get_endpoints},
      {"GET", "recordings/{id}/exchanges", get_exchanges},
      {"GET", "exchanges/{id}", get_exchange},
      {"GET", "exchanges/{id}/body", get_body},
      {"GET", "exchanges/{id}/diff", get_diff},
      {"GET", "exchanges/{id}/curl", get_curl},
      {"GET", "exchanges/{id}/timeline", get_timeline},
      {"GET", "runs/{id}", get_run},
      {"GET", "runs/{id}/report", get_report},
      {"GET", "runs/{id}/report/{name}", get_report_list},
      {"GET", "rules", get_rules},
      {"POST", "runs/{id}/approvals", post_approvals},
      {"POST", "rules", post_rule},
  };
  return kEntries;
}

std::string_view take_segment(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  return segment;
}

bool is_row(std::string_view text, schema::RowId& id) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc{} && end == text.data() + text.size() && id > 0;
}

bool matches(std::string_view pattern, std::string_view path, Query& query) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern), given = take_segment(path);
    if (wanted == "{id}" ? !is_row(given, query.id) : wanted != "{name}" && wanted != given) return false;
    if (wanted == "{name}") query.list = given;
  }
  return pattern.empty() && path.empty();
}

}  // namespace

Route find_route(const std::string& method, const std::string& path) {
  constexpr std::string_view kPrefix = "/api/v1/";
  Route route;
  if (!path.starts_with(kPrefix)) return route;
  for (const Entry& entry : entries()) {
    Query query;
    if (!matches(entry.path, std::string_view(path).substr(kPrefix.size()), query)) continue;
    if (method == entry.method) return {&entry.handler, false, std::move(query)};
    route.wrong_method = true;
  }
  return route;
}

Reply answer(App& app, const Route& route) {
  try {
    const auto reader = app.readers.take();
    if (!reader) return failure(503, "file", reader.error().message);
    return (*route.handler)(app, **reader, route.query);
  } catch (const std::exception& unexpected) {
    return failure(500, "unexpected", unexpected.what());
  }
}

}  // namespace tracerec::ui
