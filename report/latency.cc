#include "report/latency.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace tracerec::report {
namespace {

std::string decimal(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::array<std::string, 5> cells_of(const gate::LatencyColumn& column) {
  return {format_count(column.responses), decimal("%.3f", column.p50_ms), decimal("%.3f", column.p95_ms),
          decimal("%.3f", column.p99_ms), decimal("%.3f", column.max_ms)};
}

std::string effect_text(const gate::LatencyRow& row) {
  const gate::Effect& effect = row.effect;
  std::string text = decimal("%+.2f", effect.delta) + decimal(" (%+.2f to ", effect.delta_range.low) +
                     decimal("%+.2f)", effect.delta_range.high) + decimal(", median × %.2f", effect.median_ratio);
  if (row.change == gate::Change::kSlower) text += ": slower";
  if (row.change == gate::Change::kFaster) text += ": faster";
  return text;
}

void add_row(const Report& report, const gate::LatencyRow& row, std::vector<LatencyLine>& lines) {
  const std::size_t first = lines.size();
  if (row.recorded.responses > 0) lines.push_back({"", "recorded", cells_of(row.recorded), "", {}});
  if (row.against.responses > 0)
    lines.push_back({"", "run " + std::to_string(report.against_run), cells_of(row.against), "", {}});
  const bool compared = row.against.responses > 0;
  if (row.replayed.responses > 0)
    lines.push_back({"", "candidate", cells_of(row.replayed), compared ? effect_text(row) : "", row.change});
  if (lines.size() > first) lines[first].name = row.name;
}

std::string slower_note(const Report& report) {
  const std::uint64_t slower = report.latency.slowdowns();
  return format_count(slower) + " of " + format_count(report.latency.endpoints.size()) +
         (slower == 1 ? " endpoints is" : " endpoints are") + " slower than run " + std::to_string(report.against_run) +
         ", proven";
}

std::string too_few_note(const gate::LatencySummary& latency) {
  return format_count(latency.too_few()) + " of " + format_count(latency.endpoints.size()) +
         " endpoints had too few responses to say whether they are slower (fewer than " +
         std::to_string(gate::kMinResponses) + " on a side)";
}

}  // namespace

std::vector<LatencyLine> latency_lines(const Report& report) {
  std::vector<LatencyLine> lines;
  const gate::LatencySummary& latency = report.latency;
  if (!latency.measured()) return lines;
  for (const gate::LatencyRow* row : {&latency.total, &latency.first_byte, &latency.intended})
    add_row(report, *row, lines);
  for (std::size_t i = 0; i < std::min(latency.endpoints.size(), kMostEndpoints); ++i)
    add_row(report, latency.endpoints[i], lines);
  return lines;
}

std::vector<std::string> latency_notes(const Report& report) {
  const gate::LatencySummary& latency = report.latency;
  if (!latency.measured()) return {};
  std::vector<std::string> notes;
  if (latency.proves) {
    notes.push_back(slower_note(report));
    if (latency.too_few() > 0) notes.push_back(too_few_note(latency));
    notes.push_back("recorded times were taken in the server's kernel, the others by the client");
  } else {
    notes.push_back(
        "not comparable: recorded times were taken in the server's kernel, those of the candidate by the client; a "
        "slowdown is proven against another run (--against, --baseline)");
  }
  if (latency.endpoints.size() > kMostEndpoints)
    notes.push_back(format_count(latency.endpoints.size() - kMostEndpoints) + " more endpoints are in the JSON report");
  return notes;
}

namespace {

constexpr double kSuspectRatio = 2;  // of medians that prove nothing, and what a person notices
constexpr double kSuspectMs = 5;

const gate::LatencyColumn& before_of(const gate::LatencySummary& latency, const gate::LatencyRow& row) {
  return latency.proves ? row.against : row.recorded;
}

// What network and client add to what the server's kernel saw: nothing where the client measured both.
double overhead_ms(const gate::LatencySummary& latency) {
  std::vector<double> added;
  for (const gate::LatencyRow& row : latency.endpoints) {
    if (row.recorded.responses > 0 && row.replayed.responses > 0)
      added.push_back(row.replayed.p50_ms - row.recorded.p50_ms);
  }
  if (latency.proves || added.empty()) return 0;
  const auto middle = added.begin() + static_cast<std::ptrdiff_t>((added.size() - 1) / 2);
  std::nth_element(added.begin(), middle, added.end());
  return std::max(*middle, 0.0);
}

// Against another run enough responses would have proved it.
std::optional<std::string> doubt_of(const gate::LatencySummary& latency, const gate::LatencyRow& row) {
  const std::uint64_t fewest = std::min(before_of(latency, row).responses, row.replayed.responses);
  if (fewest == 0 || (latency.proves && fewest >= gate::kMinResponses)) return std::nullopt;
  const std::string samples = format_count(fewest) + (fewest == 1 ? " sample" : " samples");
  if (!latency.proves) return samples + "; replay --baseline proves it";
  return samples + ", " + std::to_string(gate::kMinResponses) + " needed to call it";
}

}  // namespace

std::optional<SlowSuspect> slow_suspect(const gate::LatencySummary& latency) {
  const double overhead = overhead_ms(latency);
  std::optional<SlowSuspect> worst;
  double worst_ratio = kSuspectRatio;
  for (const gate::LatencyRow& row : latency.endpoints) {
    const double expected = before_of(latency, row).p50_ms + overhead;
    const double ratio = expected > 0 ? row.replayed.p50_ms / expected : 0;
    const auto doubt = doubt_of(latency, row);
    if (!doubt || ratio < worst_ratio || row.replayed.p50_ms - expected < kSuspectMs) continue;
    worst_ratio = ratio;
    worst = SlowSuspect{row.name, before_of(latency, row).p50_ms, row.replayed.p50_ms, *doubt};
  }
  return worst;
}

}  // namespace tracerec::report
