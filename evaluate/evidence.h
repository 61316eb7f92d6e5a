// What teaches which locations vary on their own: equal requests in the recording, and what was re-sent after the run.
#pragma once

#include "base/error.h"
#include "diff/rules.h"
#include "gate/endpoint.h"
#include "gate/noise.h"
#include "report/report.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

// Everything given to it is borrowed and must outlive it. Neither copied nor moved: the noise refers to the endpoints.
class Evidence {
 public:
  // `rows` iterates, `bodies` loads what it finds: two readers of one file.
  Evidence(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run, const diff::Rules& rules);
  Evidence(const Evidence&) = delete;
  Evidence& operator=(const Evidence&) = delete;

  // Once, before anything below is used. Error: the trace file cannot be read.
  [[nodiscard]] Result<void> learn();

  [[nodiscard]] const gate::Endpoints& endpoints() const { return endpoints_; }
  [[nodiscard]] const gate::Noise& noise() const { return noise_; }
  // What varied between equal requests with a write to their resource in between.
  [[nodiscard]] const gate::Noise& state() const { return state_; }
  // Whether the recording has requests that may write.
  [[nodiscard]] bool has_writes() const { return has_writes_; }
  [[nodiscard]] const report::Rechecked& rechecked() const { return rechecked_; }

 private:
  [[nodiscard]] Result<void> learn_endpoints();
  [[nodiscard]] Result<void> learn_duplicates();
  [[nodiscard]] Result<void> learn_recorded(const schema::Duplicate& one, bool is_first);
  [[nodiscard]] Result<void> learn_rechecks();
  [[nodiscard]] Result<void> learn_twins(const schema::Run& first, const schema::Run& second);
  [[nodiscard]] Result<void> learn_resent(const schema::StoredExchange& exchange, const schema::Run& run,
                                          const schema::StoredResponse& response);

  schema::Reader& rows_;
  schema::Reader& bodies_;
  const schema::Run& run_;
  gate::Endpoints endpoints_;
  gate::Noise noise_;
  gate::Noise state_;
  report::Rechecked rechecked_;
  bool has_writes_ = false;
};

}  // namespace tracerec::evaluate
