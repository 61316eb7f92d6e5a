// GET runs/{id}, its report and the lists in it.
#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

#include "ui/app.h"
#include "ui/evaluation.h"
#include "ui/rows_json.h"

namespace tracerec::ui {
namespace {

// What is paged instead of being part of the report.
constexpr std::array<std::string_view, 11> kLists{"groups",    "findings", "dependent_findings", "approved",
                                                  "noise",     "state",    "generated",          "failures",
                                                  "approvals", "rules",    "unresolved"};
constexpr std::size_t kMostMembers = 20;  // of a group, in full

Reply running(const Jobs::State& state) {
  return {202, {{"state", "running"}, {"done", state.done}, {"total", state.total}}};
}

// The evaluation, or the reply that there is none yet.
struct Asked {
  EvaluatedRun evaluated;
  Reply reply;
};

Asked ask(App& app, schema::Reader& reader, const Query& query) {
  const auto run = reader.run(query.id);
  if (!run) return {nullptr, unreadable(run.error())};
  if (!*run) return {nullptr, not_found("there is no run " + std::to_string(query.id))};
  const auto key = evaluation_key(app, reader, query.id, query.text("against"));
  if (!key) return {nullptr, failure(409, "rules", key.error().message)};
  const auto state = ask_evaluation(app, reader, *key);
  if (!state) return {nullptr, failure(503, "busy", state.error().message)};
  if (!state->outcome) return {nullptr, running(*state)};
  if (!*state->outcome) return {nullptr, failure(409, "evaluation", state->outcome->error().message)};
  return {std::static_pointer_cast<const Evaluated>(**state->outcome), {}};
}

Json without_lists(const Json& report) {
  Json brief = Json::object();
  Json totals = Json::object();
  for (const auto& [name, value] : report.items()) {
    const bool is_list = std::find(kLists.begin(), kLists.end(), name) != kLists.end();
    if (is_list) {
      totals[name] = value.size();
    } else {
      brief[name] = value;
    }
  }
  brief["totals"] = std::move(totals);
  return brief;
}

// Signatures as the findings that they name: what an entry of the page shows.
Json with_members(Json groups, const Json& findings) {
  std::unordered_map<std::string, const Json*> by_signature;
  for (const Json& finding : findings) by_signature.emplace(finding["signature"].get<std::string>(), &finding);
  for (Json& group : groups["items"]) {
    Json members = Json::array();
    for (const Json& signature : group["findings"]) {
      const auto at = by_signature.find(signature.get<std::string>());
      if (at != by_signature.end() && members.size() < kMostMembers) members.push_back(*at->second);
    }
    group["members"] = std::move(members);
  }
  return groups;
}

}  // namespace

Reply get_run(App&, schema::Reader& reader, const Query& query) {
  const auto run = reader.run(query.id);
  if (!run) return unreadable(run.error());
  if (!*run) return not_found("there is no run " + std::to_string(query.id));
  const auto ledger = reader.run_ledger(query.id);
  if (!ledger) return unreadable(ledger.error());
  const auto counts = reader.count_responses(query.id);
  if (!counts) return unreadable(counts.error());
  Json json = to_json(**run);
  json["responses"] = counts->answered + counts->failed;
  json["failed"] = counts->failed;
  json["ledger"] = ledger_json(*ledger);
  return {200, std::move(json)};
}

Reply get_report(App& app, schema::Reader& reader, const Query& query) {
  const Asked asked = ask(app, reader, query);
  if (!asked.evaluated) return asked.reply;
  return {200, {{"state", "done"}, {"report", without_lists(asked.evaluated->json)}}};
}

Reply get_report_list(App& app, schema::Reader& reader, const Query& query) {
  if (std::find(kLists.begin(), kLists.end(), query.list) == kLists.end())
    return not_found("a report has no list " + query.list);
  const auto after = query.number("after", 0, 0, INT32_MAX);
  const auto limit = query.number("limit", 100, 1, kMostPerPage);
  if (!after || !limit) return bad_request((!after ? after.error() : limit.error()).message);
  const Asked asked = ask(app, reader, query);
  if (!asked.evaluated) return asked.reply;
  const Json& report = asked.evaluated->json;
  const Json none = Json::array();
  Json page = page_of(report.contains(query.list) ? report[query.list] : none, static_cast<std::size_t>(*after),
                      static_cast<std::size_t>(*limit));
  if (query.list == "groups") page = with_members(std::move(page), report["findings"]);
  return {200, std::move(page)};
}

}  // namespace tracerec::ui
