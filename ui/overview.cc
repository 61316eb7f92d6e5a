// GET overview, GET recordings/{id}: what the file holds.
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "ui/app.h"
#include "ui/rows_json.h"

namespace tracerec::ui {
namespace {

constexpr std::size_t kMostBins = 120;  // of the traffic over time

// Exchanges over time in at most kMostBins intervals of equal length, which doubles as the recording grows. What began
// before the first one counts as its time.
class Traffic {
 public:
  void add(const schema::ExchangeTime& time) {
    if (bins_.empty()) first_ns_ = time.started_unix_ns;
    const std::int64_t offset = std::max<std::int64_t>(0, time.started_unix_ns - first_ns_);
    while (offset / width_ns_ >= static_cast<std::int64_t>(kMostBins)) widen();
    const auto bin = static_cast<std::size_t>(offset / width_ns_);
    if (bin >= bins_.size()) bins_.resize(bin + 1);
    ++bins_[bin].first;
    bins_[bin].second += time.complete ? 0 : 1;
  }

  [[nodiscard]] Json json() const {
    Json exchanges = Json::array(), incomplete = Json::array();
    for (const auto& [all, of_these] : bins_) {
      exchanges.push_back(all);
      incomplete.push_back(of_these);
    }
    return {{"first_us", first_ns_ / 1000},
            {"interval_us", width_ns_ / 1000},
            {"exchanges", std::move(exchanges)},
            {"incomplete", std::move(incomplete)}};
  }

 private:
  void widen() {
    width_ns_ *= 2;
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      const auto bin = bins_[i];
      bins_[i] = {};
      bins_[i / 2].first += bin.first;
      bins_[i / 2].second += bin.second;
    }
    bins_.resize((bins_.size() + 1) / 2);
  }

  std::int64_t first_ns_ = 0;
  std::int64_t width_ns_ = 1'000'000;  // a millisecond
  std::vector<std::pair<std::uint64_t, std::uint64_t>> bins_;
};

Json file_json(const std::string& path) {
  Json json = {{"path", safe(path)}, {"bytes", nullptr}};
  struct stat file {};
  struct stat log {};
  if (::stat(path.c_str(), &file) != 0) return json;
  const bool has_log = ::stat((path + "-wal").c_str(), &log) == 0;
  json["bytes"] = file.st_size + (has_log ? log.st_size : 0);
  return json;
}

}  // namespace

Reply get_overview(App& app, schema::Reader& reader, const Query&) {
  const auto recordings = reader.recordings();
  if (!recordings) return unreadable(recordings.error());
  const auto runs = reader.runs();
  if (!runs) return unreadable(runs.error());
  Json json = {{"version", app.options.version},
               {"file", file_json(app.options.db.path)},
               {"rules_file", safe(app.options.rules)},
               {"recordings", Json::array()},
               {"runs", Json::array()}};
  for (auto one = recordings->rbegin(); one != recordings->rend(); ++one) json["recordings"].push_back(to_json(*one));
  for (auto one = runs->rbegin(); one != runs->rend(); ++one) json["runs"].push_back(to_json(*one));
  return {200, std::move(json)};
}

Reply get_recording(App& app, schema::Reader& reader, const Query& query) {
  const auto recording = reader.recording(query.id);
  if (!recording) return unreadable(recording.error());
  if (!*recording) return not_found("there is no recording " + std::to_string(query.id));
  const auto ledger = reader.recording_ledger(query.id);
  if (!ledger) return unreadable(ledger.error());
  const auto addresses = reader.local_addresses(query.id);
  if (!addresses) return unreadable(addresses.error());
  Traffic traffic;
  std::uint64_t exchanges = 0, incomplete = 0;
  const auto read = reader.for_each_time(query.id, [&](const schema::ExchangeTime& time) {
    traffic.add(time);
    ++exchanges;
    incomplete += time.complete ? 0 : 1;
    return true;
  });
  if (!read) return unreadable(read.error());
  Json json = to_json(**recording);
  json["file"] = file_json(app.options.db.path);
  json["exchanges"] = exchanges;
  json["incomplete"] = incomplete;
  json["local_addresses"] = Json::array();
  constexpr std::size_t kMostAddresses = 100;
  for (std::size_t i = 0; i < std::min(addresses->size(), kMostAddresses); ++i)
    json["local_addresses"].push_back(safe((*addresses)[i]));
  json["local_addresses_total"] = addresses->size();
  json["ledger"] = ledger_json(*ledger);
  json["traffic"] = traffic.json();
  return {200, std::move(json)};
}

}  // namespace tracerec::ui
