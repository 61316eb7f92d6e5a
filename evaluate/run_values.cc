#include "evaluate/run_values.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "replay/values.h"

// How this works. A row of `substitution` says where a value came from, not which it was: it is read again from the
// recorded response and from the one of the run, as replay/live_values.cc did. Tests: tests/evaluate/curl_test.cc.

namespace tracerec::evaluate {
namespace {

// The value at one location of a response.
class AtLocation final : public replay::ValueSink {
 public:
  explicit AtLocation(const std::string& location) : location_(location) {}
  void on_value(const replay::Value& value) override {
    if (value.location() != location_) return;
    if (!found_ || replay::replaces_earlier(value)) found_ = std::string(value.text);
  }
  [[nodiscard]] std::optional<std::string> take() { return std::move(found_); }

 private:
  const std::string& location_;
  std::optional<std::string> found_;
};

Result<std::optional<std::string>> value_at(schema::Reader& reader, const std::string& head,
                                            const schema::StoredBody& body, const std::string& location) {
  std::string wire;
  if (body.whole() && body.captured_bytes <= replay::kMaxContentBytes) {
    auto loaded = reader.load_body(body, replay::kMaxContentBytes);
    if (!loaded) return loaded.error();
    wire = std::move(*loaded);
  }
  std::string buffer;
  const auto content = replay::content_of(head, wire, false, buffer);
  AtLocation sink(location);
  replay::for_each_response_value(head, content ? *content : std::string_view{}, sink);
  return sink.take();
}

Result<std::optional<std::string>> recorded_value(schema::Reader& reader, schema::RowId producer,
                                                  const std::string& location) {
  const auto exchange = reader.exchange(producer);
  if (!exchange) return exchange.error();
  if (!*exchange) return std::optional<std::string>();
  return value_at(reader, (*exchange)->response_head, (*exchange)->response_body, location);
}

Result<std::optional<std::string>> answered_value(schema::Reader& reader, schema::RowId run_id, schema::RowId producer,
                                                  const std::string& location) {
  const auto response = reader.response(run_id, producer);
  if (!response) return response.error();
  if (!*response || !(*response)->failure.empty()) return std::optional<std::string>();
  return value_at(reader, (*response)->response_head, (*response)->response_body, location);
}

// A re-sent exchange has the values of the run that it belongs to: of the one to the same server.
Result<schema::RowId> run_of_values(schema::Reader& reader, const schema::Run& run) {
  if (run.recheck_of == 0) return run.id;
  const auto judged = reader.run(run.recheck_of);
  if (!judged) return judged.error();
  const bool of_baseline = *judged && (*judged)->target != run.target && (*judged)->baseline_run_id != 0;
  return of_baseline ? (*judged)->baseline_run_id : run.recheck_of;
}

// What the target set in place of a cookie before this request was sent, where nothing was recorded.
class NewerCookie {
 public:
  NewerCookie(schema::Reader& reader, schema::RowId run_id, schema::RowId exchange_id)
      : reader_(reader), run_id_(run_id), exchange_id_(exchange_id) {}

  Result<std::optional<std::string>> find(const schema::Substitution& row, std::size_t reach) {
    std::optional<std::string> newest;
    const auto own = reader_.response(run_id_, exchange_id_);
    if (!own) return own.error();
    auto others = reader_.substitutions_from(run_id_, row.producer_exchange_id);
    if (!others) return others.error();
    std::erase_if(*others, [&](const auto& other) {
      return other.first >= exchange_id_ || other.second.location != row.location ||
             other.second.producer_location != row.producer_location;
    });
    std::int64_t newest_ns = -1;
    for (std::size_t i = others->size() - std::min(reach, others->size()); i < others->size(); ++i) {
      const schema::RowId other = (*others)[i].first;
      const auto response = reader_.response(run_id_, other);
      if (!response) return response.error();
      const std::int64_t ended_ns = *response ? (*response)->sent_ns + (*response)->duration_ns : -1;
      const bool before = !*own || ended_ns <= (*own)->sent_ns;
      if (!*response || !before || ended_ns <= newest_ns) continue;
      auto value = replaced_by(other, row.location);
      if (!value) return value.error();
      if (!*value) continue;
      newest = std::move(*value);
      newest_ns = ended_ns;
    }
    return newest;
  }

 private:
  Result<std::optional<std::string>> replaced_by(schema::RowId other, const std::string& location) {
    const auto recorded = recorded_value(reader_, other, location);
    if (!recorded) return recorded.error();
    if (*recorded) return std::optional<std::string>();
    return answered_value(reader_, run_id_, other, location);
  }

  schema::Reader& reader_;
  schema::RowId run_id_;
  schema::RowId exchange_id_;
};

}  // namespace

Result<std::vector<SentValue>> values_sent(schema::Reader& reader, const schema::Run& run, schema::RowId exchange_id,
                                           std::size_t cookie_reach) {
  std::vector<SentValue> values;
  const auto rows = reader.substitutions_in(run.id, exchange_id);
  if (!rows) return rows.error();
  const auto run_id = run_of_values(reader, run);
  if (!run_id) return run_id.error();
  for (const schema::Substitution& row : *rows) {
    const auto recorded = recorded_value(reader, row.producer_exchange_id, row.producer_location);
    if (!recorded) return recorded.error();
    auto sent = answered_value(reader, *run_id, row.producer_exchange_id, row.producer_location);
    if (!sent) return sent.error();
    if (row.location.starts_with("cookie ") && row.location == row.producer_location) {
      auto newer = NewerCookie(reader, *run_id, exchange_id).find(row, cookie_reach);
      if (!newer) return newer.error();
      if (*newer) sent = std::move(newer);
    }
    if (row.resolved && *recorded && *sent) values.push_back({row.location, **recorded, **sent});
  }
  return values;
}

}  // namespace tracerec::evaluate
