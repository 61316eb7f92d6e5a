// What the resources of the API share.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "evaluate/plan.h"
#include "ui/jobs.h"
#include "ui/reader_pool.h"
#include "ui/reply.h"

namespace tracerec::ui {

struct AppOptions {
  schema::TraceSource db{std::string()};
  std::string rules;                        // the file; need not be there
  std::vector<gate::Condition> conditions;  // of the gate, as for the command diff
  bool allow_partial = false;
  std::string version;
};

// Of one server. Every member may be used by any thread.
struct App {
  explicit App(AppOptions given) : options(std::move(given)), readers(options.db) {}

  const AppOptions options;
  ReaderPool readers;
  std::mutex writing_rules;  // held from reading the rules file to replacing it
  Jobs jobs;                 // last: what runs uses the others
};

// One resource: docs/viewer.md has its parameters and fields. Any thread. `reader` is of this request alone.
using Handler = std::function<Reply(App&, schema::Reader& reader, const Query&)>;

// GET
[[nodiscard]] Reply get_overview(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_recording(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_endpoints(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_exchanges(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_exchange(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_body(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_diff(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_curl(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_timeline(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_run(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_report(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_report_list(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply get_rules(App& app, schema::Reader& reader, const Query& query);
// POST
[[nodiscard]] Reply post_approvals(App& app, schema::Reader& reader, const Query& query);
[[nodiscard]] Reply post_rule(App& app, schema::Reader& reader, const Query& query);

// What a method and a path mean; `list` and `id` of the query are filled in from the path.
struct Route {
  const Handler* handler = nullptr;  // none: there is no such resource
  bool wrong_method = false;         // there is, and it is asked for otherwise
  Query query{};
};
[[nodiscard]] Route find_route(const std::string& method, const std::string& path);

// The whole way of a request: opens a reader, calls the handler; an exception is an error of the reply.
[[nodiscard]] Reply answer(App& app, const Route& route);

}  // namespace tracerec::ui
