// GET recordings/{id}/endpoints: what each endpoint of a recording took, or of one of its runs, as a job.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/histogram.h"
#include "gate/endpoint.h"
#include "gate/latency.h"
#include "ui/app.h"
#include "ui/evaluation.h"
#include "ui/rows_json.h"

namespace tracerec::ui {
namespace {

constexpr std::size_t kMostEndpoints = 1000;  // the others are one, gate::kOtherEndpoints
constexpr std::size_t kBins = 40;             // of a distribution: four a decade, from 1 µs to 10,000 s

// Bounds of the bins in ns: 10^(3 + i/4).
std::int64_t lower_bound_of(std::size_t bin) {
  constexpr std::array<double, 4> kQuarter{1, 1.7782794, 3.1622777, 5.6234133};
  double bound = 1000 * kQuarter[bin % 4];
  for (std::size_t decade = 0; decade < bin / 4; ++decade) bound *= 10;
  return static_cast<std::int64_t>(bound);
}

std::size_t bin_of(std::int64_t ns) {
  std::size_t bin = 0;
  while (bin + 1 < kBins && ns >= lower_bound_of(bin + 1)) ++bin;
  return bin;
}

struct EndpointSurvey {
  Histogram times;
  std::array<std::uint64_t, kBins> bins{};
  std::map<int, std::uint64_t> classes;  // 2 for 2xx; 0: none
  std::uint64_t exchanges = 0;
  std::uint64_t response_bytes = 0;
};

class Survey {
 public:
  void add(const std::string& endpoint, const schema::ExchangeLine& line, bool of_run) {
    const bool has_room = endpoints_.size() < kMostEndpoints || endpoints_.contains(endpoint);
    EndpointSurvey& one = endpoints_[has_room ? endpoint : gate::kOtherEndpoints];
    const std::int64_t took_ns = of_run ? line.new_duration_ns : line.duration_ns;
    ++one.exchanges;
    ++one.classes[(of_run ? line.new_status : line.status) / 100];
    one.response_bytes += of_run ? 0 : line.response_bytes;
    if (took_ns < 0) return;
    one.times.add(took_ns);
    ++one.bins[bin_of(took_ns)];
  }

  [[nodiscard]] Json json() const {
    Json list = Json::array();
    for (const auto& [name, one] : endpoints_) list.push_back(endpoint_json(name, one));
    std::stable_sort(list.begin(), list.end(),
                     [](const Json& a, const Json& b) { return a["exchanges"] > b["exchanges"]; });
    return list;
  }

 private:
  static Json endpoint_json(const std::string& name, const EndpointSurvey& one) {
    Json classes = Json::object();
    for (const auto& [hundreds, count] : one.classes)
      classes[hundreds == 0 ? "none" : std::to_string(hundreds) + "xx"] = count;
    const auto us = [&](double quantile) { return one.times.quantile_ns(quantile) / 1000; };
    return {{"endpoint", safe(name)},
            {"exchanges", one.exchanges},
            {"statuses", std::move(classes)},
            {"response_bytes", one.response_bytes},
            {"responses", one.times.count()},
            {"p50_us", us(0.5)},
            {"p95_us", us(0.95)},
            {"p99_us", us(0.99)},
            {"max_us", one.times.max_ns() / 1000},
            {"bins", one.bins}};
  }

  std::map<std::string, EndpointSurvey> endpoints_;
};

Json bounds_json() {
  Json bounds = Json::array();
  for (std::size_t bin = 0; bin < kBins; ++bin) bounds.push_back(lower_bound_of(bin) / 1000);
  return bounds;
}

Outcome survey(App& app, schema::RowId recording_id, schema::RowId run_id, std::vector<std::string> templates,
               Progress& progress) {
  const ReaderPool::Hold hold(app.readers);
  auto reader = schema::Reader::open(app.options.db);
  if (!reader) return reader.error();
  (*reader)->stop_when(&progress.watch.stop);
  gate::Endpoints endpoints(std::move(templates));
  const schema::LineRange range{recording_id, run_id, 0, 0, false};
  auto learned = (*reader)->for_each_line({recording_id, 0, 0, 0, false}, [&](const schema::ExchangeLine& line) {
    endpoints.learn(line.method, line.target);
    ++progress.watch.compared;
    return !progress.watch.stop;
  });
  if (!learned) return learned.error();
  Survey all;
  auto read = (*reader)->for_each_line(range, [&](const schema::ExchangeLine& line) {
    ++progress.watch.compared;
    if (run_id == 0 || line.sent) all.add(endpoints.name_of(line.method, line.target).name, line, run_id != 0);
    return !progress.watch.stop;
  });
  if (!read) return read.error();
  if (progress.watch.stop) return Error{"interrupted"};
  return std::shared_ptr<const void>(
      std::make_shared<const Json>(Json{{"bounds_us", bounds_json()}, {"endpoints", all.json()}}));
}

}  // namespace

Reply get_endpoints(App& app, schema::Reader& reader, const Query& query) {
  const auto run = query.row("run");
  const auto after = query.number("after", 0, 0, INT32_MAX);
  const auto limit = query.number("limit", 100, 1, kMostPerPage);
  if (!run) return bad_request(run.error().message);
  if (!after || !limit) return bad_request((!after ? after.error() : limit.error()).message);
  const auto recording = reader.recording(query.id);
  if (!recording) return unreadable(recording.error());
  if (!*recording) return not_found("there is no recording " + std::to_string(query.id));
  const auto ids = reader.exchange_ids(query.id);
  if (!ids) return unreadable(ids.error());
  std::vector<std::string> templates;
  if (const auto rules = current_rules(app)) templates = rules->endpoints;
  std::string key =
      "survey " + std::to_string(query.id) + " run " + std::to_string(*run) + " to " + std::to_string(ids->second);
  for (const std::string& one : templates) key += " " + one;
  const auto state =
      app.jobs.ask(key, [&app, recording_id = query.id, run_id = *run, templates, ids](Progress& progress) {
        progress.total = 2 * static_cast<std::uint64_t>(ids->second - ids->first + 1);
        return survey(app, recording_id, run_id, templates, progress);
      });
  if (!state) return failure(503, "busy", state.error().message);
  if (!state->outcome) return {202, {{"state", "running"}, {"done", state->done}, {"total", state->total}}};
  if (!*state->outcome) return failure(409, "evaluation", state->outcome->error().message);
  const auto known = std::static_pointer_cast<const Json>(**state->outcome);
  Json page = page_of((*known)["endpoints"], static_cast<std::size_t>(*after), static_cast<std::size_t>(*limit));
  page["state"] = "done";
  page["bounds_us"] = (*known)["bounds_us"];
  return {200, std::move(page)};
}

}  // namespace tracerec::ui
