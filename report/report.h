// A judged run, and how to write it down.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "diff/gate.h"
#include "diff/judge.h"

namespace tracerec::report {

struct LedgerLine {
  std::string key;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

// One percentile of the response times, as recorded and as replayed.
struct LatencyRow {
  std::string name;  // "p50"
  double recorded_ms = 0;
  double replayed_ms = 0;
};

// Everything that a report says, as a value. Texts are raw recorded data; each format escapes what it writes.
struct Report {
  std::int64_t run_id = 0;
  std::int64_t recording_id = 0;
  std::string target;   // "http://staging:8080"
  std::string version;  // of the tracerec that judged
  diff::Summary summary;
  diff::Verdict verdict;
  std::map<std::string, std::uint64_t> skipped;  // reason → exchanges that were not sent
  std::vector<LedgerLine> ledger;
  std::vector<LatencyRow> latency;             // empty: not measured
  std::string show_command = "tracerec show";  // an exchange id behind it shows that exchange
};

// One format. Stateless: any thread. Writes never fail by themselves; the caller checks the stream.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void write(const Report& report, std::ostream& out) const = 0;
};

struct ReporterOptions {
  bool colours = false;  // text only: the caller knows whether a terminal reads
};

// "text", "json" or "junit". Error: there is no such format; the line names those there are.
[[nodiscard]] Result<std::unique_ptr<Reporter>> make_reporter(std::string_view format, ReporterOptions options = {});

[[nodiscard]] std::unique_ptr<Reporter> make_text_reporter(ReporterOptions options);
[[nodiscard]] std::unique_ptr<Reporter> make_json_reporter();
[[nodiscard]] std::unique_ptr<Reporter> make_junit_reporter();

// "tracerec show 12", for the exchange of a sample.
[[nodiscard]] std::string show_hint(const Report& report, const diff::Sample& sample);

// "before → after", where one side may be absent, and the note; escaped with printable().
[[nodiscard]] std::string describe_sample(const diff::Finding& finding, const diff::Sample& sample);

}  // namespace tracerec::report
