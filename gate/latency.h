// How long responses took, for each endpoint and in total, side by side. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "gate/slowdown.h"

namespace tracerec::gate {

// Of one response; -1: not known.
struct Times {
  std::int64_t duration_ns = -1;  // from sending the request to the last byte
  std::int64_t ttfb_ns = -1;      // to the first byte
  std::int64_t late_ns = 0;       // how much later than intended it was sent
};

// Percentiles are at most 0.8 % too high, never too low; the maximum is exact.
struct LatencyColumn {
  std::uint64_t responses = 0;
  double p50_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;
};

enum class Change { kNotProven, kSlower, kFaster };

// A column without responses was not measured.
struct LatencyRow {
  std::string name;  // an endpoint; raw recorded data
  LatencyColumn recorded;
  LatencyColumn against;  // of the other run
  LatencyColumn replayed;
  Effect effect;  // of replayed to against; there is none to recorded times (LatencyTable)
  Change change = Change::kNotProven;
};

// The row of endpoints beyond the limit.
inline constexpr const char* kOtherEndpoints = "(other endpoints)";

struct LatencySummary {
  LatencyRow total;
  LatencyRow first_byte;              // in total, to the first byte
  LatencyRow intended;                // in total, from when they should have been sent; nothing recorded
  std::vector<LatencyRow> endpoints;  // proven changes first, then the slowest
  bool proves = false;                // there is another run to compare with: changes may be called proven

  [[nodiscard]] bool measured() const { return total.replayed.responses > 0; }
  [[nodiscard]] std::uint64_t slowdowns() const;  // endpoints that are slower, proven
  // Endpoints with too few responses on a side to prove anything (kMinResponses).
  [[nodiscard]] std::uint64_t too_few() const;
};

// latency.p50|p95|p99|max, latency.first_byte.…, latency.intended.…: ms, of the replay. Only against another run, since
// nothing else can be compared: latency.p50_ratio… and slowdowns.
void add_latency_metrics(const LatencySummary& latency, std::map<std::string, double>& metrics);

// Response after response. Memory: at most max_endpoints + 4 rows of three histograms, some 10 KB each.
class LatencyTable {
 public:
  static constexpr std::size_t kMaxEndpoints = 200;

  // Against another run, each of both measured by the client, a change is proven when the test is significant (false
  // discoveries among the endpoints held at 5 %) and the effect is large enough (slowdown.h). Recorded times come
  // from the server's kernel, without the network and the client: they are no measure of the candidate. (A server that
  // writes head and body apart without TCP_NODELAY takes 0.3 ms in its kernel and shows 44 ms to every client.)
  explicit LatencyTable(bool against_another_run, std::size_t max_endpoints = kMaxEndpoints)
      : against_(against_another_run), max_endpoints_(max_endpoints) {}

  // Left out unless every side was answered, so that all columns speak of the same requests.
  void add(const std::string& endpoint, const Times& recorded, const Times& against, const Times& replayed);

  [[nodiscard]] LatencySummary summary() const;

 private:
  struct Sides {
    Histogram recorded, against, replayed;
  };

  [[nodiscard]] Sides& sides_of(const std::string& endpoint);
  [[nodiscard]] LatencyRow row_of(const std::string& name, const Sides& sides) const;
  void prove(std::vector<LatencyRow>& rows) const;

  bool against_;
  std::size_t max_endpoints_;
  std::map<std::string, Sides> endpoints_;
  Sides others_, total_, first_byte_, intended_;
};

}  // namespace tracerec::gate
