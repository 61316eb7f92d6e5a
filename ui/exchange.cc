// GET exchanges/{id} and what belongs to it: both sides, the values that were put in, its connection.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "evaluate/curl.h"
#include "evaluate/missing_values.h"
#include "evaluate/notes.h"
#include "evaluate/run_values.h"
#include "evaluate/sent_request.h"
#include "report/report.h"
#include "ui/app.h"
#include "ui/rows_json.h"
#include "ui/stored_message.h"

namespace tracerec::ui {
namespace {

constexpr std::size_t kMostValues = 200;  // of one request, or given to others
constexpr std::size_t kMostHeadBytes = std::size_t{1} << 20;

Json head_json(std::string_view head) {
  Json lines = Json::array();
  head = head.substr(0, kMostHeadBytes);
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    std::string_view line = head.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(safe(line));
    head.remove_prefix(std::min(end + 1, head.size()));
  }
  return lines;
}

Json message_json(const std::string& head, const schema::StoredBody& body) {
  return {{"head", head_json(head)},
          {"wire_bytes", body.wire_bytes},
          {"captured_bytes", body.captured_bytes},
          {"whole", body.whole()}};
}

Json connection_json(const std::optional<schema::Connection>& connection) {
  if (!connection) return nullptr;
  return {{"id", connection->id},           {"local", safe(connection->local)},
          {"peer", safe(connection->peer)}, {"role", schema::role_name(connection->role)},
          {"tls", connection->tls},         {"open_before", connection->open_before}};
}

Json response_json(const schema::StoredResponse& response, const schema::Run& run) {
  Json json = message_json(response.response_head, response.response_body);
  json["status"] = response.status == 0 ? Json(nullptr) : Json(response.status);
  json["failure"] = safe(response.failure);
  json["failure_text"] = response.failure.empty() ? "" : safe(report::explain_failure(response.failure));
  json["interim"] = safe(response.interim);
  json["sent_us"] = (run.started_unix_ns + response.sent_ns) / 1000;
  json["late_us"] = microseconds(std::max<std::int64_t>(0, response.sent_ns - response.intended_ns));
  json["ttfb_us"] = microseconds(response.ttfb_ns);
  json["duration_us"] = microseconds(response.duration_ns);
  return json;
}

// What was recorded and what the run sent in its place, beside where that came from.
Result<Json> values_json(schema::Reader& reader, const schema::Run& run, schema::RowId exchange_id) {
  const auto taken = reader.substitutions_in(run.id, exchange_id);
  if (!taken) return taken.error();
  const auto given = reader.substitutions_from(run.id, exchange_id);
  if (!given) return given.error();
  const auto sent = evaluate::values_sent(reader, run, exchange_id, evaluate::kCookieReach);
  if (!sent) return sent.error();
  Json json = {{"taken", Json::array()}, {"given", Json::array()}, {"given_total", given->size()}};
  for (std::size_t i = 0; i < std::min(taken->size(), kMostValues); ++i) {
    Json one = to_json((*taken)[i]);
    const auto value = std::find_if(sent->begin(), sent->end(),
                                    [&](const auto& known) { return known.location == (*taken)[i].location; });
    const bool is_known = value != sent->end();
    one["recorded"] = is_known ? Json(safe(gate::cut(value->recorded, gate::kMaxSampleBytes))) : Json(nullptr);
    one["sent"] = is_known ? Json(safe(gate::cut(value->sent, gate::kMaxSampleBytes))) : Json(nullptr);
    json["taken"].push_back(std::move(one));
  }
  json["taken_total"] = taken->size();
  for (std::size_t i = 0; i < std::min(given->size(), kMostValues); ++i) {
    Json one = to_json((*given)[i].second);
    one["exchange"] = (*given)[i].first;
    json["given"].push_back(std::move(one));
  }
  return json;
}

// `sent`: on the wire; nothing: as it was recorded.
Result<bool> is_other_body(schema::Reader& reader, const schema::StoredBody& recorded,
                           const std::optional<std::string>& sent) {
  if (!sent) return false;
  if (sent->size() != recorded.captured_bytes) return true;
  const auto bytes = reader.load_body(recorded, sent->size());
  return bytes ? Result<bool>(*bytes != *sent) : bytes.error();
}

Result<void> add_run(schema::Reader& reader, const schema::StoredExchange& exchange, const schema::Run& run,
                     Json& json) {
  json["run"] = {{"id", run.id}, {"target", safe(run.target)}, {"baseline_run", run.baseline_run_id}};
  const auto response = reader.response(run.id, exchange.id);
  if (!response) return response.error();
  json["new"] = *response ? response_json(**response, run) : Json(nullptr);
  json["sent_request"] = nullptr;
  if (*response) {
    const auto sent = evaluate::message_of_run(reader, exchange, run);
    if (!sent) return sent.error();
    const auto changed = is_other_body(reader, exchange.request_body, sent->body);
    if (!changed) return changed.error();
    json["sent_request"] = {{"head", head_json(sent->head)}, {"body_changed", *changed}};
  }
  auto values = values_json(reader, run, exchange.id);
  if (!values) return values.error();
  json["values"] = std::move(*values);
  return {};
}

}  // namespace

Reply get_exchange(App&, schema::Reader& reader, const Query& query) {
  const auto found = find_exchange(reader, query);
  if (!found.exchange) return found.reply;
  const schema::StoredExchange& exchange = *found.exchange;
  const auto connection = reader.connection(exchange.connection_id);
  if (!connection) return unreadable(connection.error());
  Json json = {
      {"id", exchange.id},
      {"recording", exchange.recording_id},
      {"connection", exchange.connection_id},
      {"connection_row", connection_json(*connection)},
      {"seq", exchange.seq},
      {"started_us", exchange.started_unix_ns / 1000},
      {"ttfb_us", microseconds(exchange.ttfb_ns)},
      {"duration_us", microseconds(exchange.duration_ns)},
      {"method", safe(exchange.method)},
      {"target", safe(exchange.target)},
      {"status", exchange.status == 0 ? Json(nullptr) : Json(exchange.status)},
      {"complete", exchange.complete},
      {"notes", safe(evaluate::explain_notes(printable(exchange.notes, 4000)))},
      {"interim", head_json(exchange.interim)},
      {"request", message_json(exchange.request_head, exchange.request_body)},
      {"recorded",
       exchange.response_head.empty() ? Json(nullptr) : message_json(exchange.response_head, exchange.response_body)}};
  if (found.run) {
    if (auto added = add_run(reader, exchange, *found.run, json); !added) return unreadable(added.error());
  }
  return {200, std::move(json)};
}

Reply get_curl(App&, schema::Reader& reader, const Query& query) {
  const auto found = find_exchange(reader, query);
  if (!found.exchange) return found.reply;
  const auto command =
      found.run ? evaluate::to_curl(reader, *found.exchange, *found.run) : evaluate::to_curl(reader, *found.exchange);
  if (!command) return failure(409, "no_command", command.error().message);
  Json json = {{"command", safe(*command)}, {"missing", Json::array()}};
  if (!found.run) return {200, std::move(json)};
  const auto missing = evaluate::missing_values(reader, *found.exchange, *found.run);
  if (!missing) return unreadable(missing.error());
  for (const std::string& line : *missing) json["missing"].push_back(safe(line));
  return {200, std::move(json)};
}

// Those of its connection just before and after it.
Reply get_timeline(App&, schema::Reader& reader, const Query& query) {
  constexpr std::int64_t kMostAround = 50;
  const auto found = find_exchange(reader, query);
  if (!found.exchange) return found.reply;
  const auto around = query.number("around", 20, 1, kMostAround);
  if (!around) return bad_request(around.error().message);
  const schema::StoredExchange& exchange = *found.exchange;
  schema::LineRange range{exchange.recording_id, found.run ? found.run->id : 0, exchange.connection_id, exchange.id,
                          true};
  std::vector<schema::ExchangeLine> lines;
  const auto take = [&](std::size_t most) {
    return reader.for_each_line(range, [&](const schema::ExchangeLine& line) {
      lines.push_back(line);
      return lines.size() < most;
    });
  };
  Result<void> read = take(static_cast<std::size_t>(*around));
  std::reverse(lines.begin(), lines.end());
  range.newest_first = false;
  range.after = exchange.id - 1;  // it, too
  if (read) read = take(lines.size() + 1 + static_cast<std::size_t>(*around));
  if (!read) return unreadable(read.error());
  Json items = Json::array();
  for (const schema::ExchangeLine& line : lines) items.push_back(to_json(line, found.run.has_value()));
  return {200, {{"connection", exchange.connection_id}, {"items", std::move(items)}}};
}

}  // namespace tracerec::ui
