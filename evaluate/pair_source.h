// The baseline's response and the new one to the same request, out of the trace file.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "diff/input.h"
#include "evaluate/own_authority.h"
#include "evaluate/shared_cookies.h"
#include "evaluate/unresolved.h"
#include "evaluate/value_mapping.h"
#include "gate/latency.h"
#include "redact/rules.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

// What was loaded is borrowed by nothing: a pair is the caller's. One thread.
class PairSource {
 public:
  // `rows` iterates, `bodies` loads: two readers of one file. `against`: the run whose responses are the baseline;
  // nothing: those of the recording are. All are borrowed and must outlive the object.
  PairSource(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run,
             const std::optional<schema::Run>& against);

  // What is known of values and missing values of the whole run; once, before pair_of(). `has_writes`: the recording
  // has requests that may make something, so that ids need to be known. Error: unreadable file.
  [[nodiscard]] Result<void> load(bool has_writes);

  // The pair of one exchange of the run. Values that the target made itself (ids, tokens) and that the replay carried
  // over are those of the new response on both sides. Error: unreadable file, or a stored head that is not one.
  [[nodiscard]] Result<diff::Pair> pair_of(const schema::StoredExchange& exchange,
                                           const schema::StoredResponse& response);

  // How long the response of `against` took, of the exchange of the last pair_of(); all unknown when there is none.
  [[nodiscard]] const gate::Times& against_times() const { return against_times_; }

  // What the target made itself, for the judge; grows with every pair.
  [[nodiscard]] gate::Counterparts& counterparts() { return counterparts_; }

  [[nodiscard]] const Unresolved& unresolved() const { return unresolved_; }

 private:
  [[nodiscard]] Result<std::string> request_of(const schema::StoredExchange& exchange);
  void note_secrets(const schema::StoredExchange& exchange, diff::Pair& pair) const;
  void map_names(const schema::StoredExchange& exchange, diff::Pair& pair) const;
  [[nodiscard]] Result<void> take_against(schema::RowId exchange_id, diff::Pair& pair, std::string& head);

  schema::Reader& rows_;
  schema::Reader& bodies_;
  const schema::Run& run_;
  const std::optional<schema::Run>& against_;
  Origin target_, against_target_;
  bool has_writes_ = false;
  bool recording_is_replaced_ = false;  // secrets in it are pseudonyms
  redact::RedactionRules rules_;        // that the recording was made with
  gate::Counterparts counterparts_;
  ValueMapping mapping_;
  SharedCookies shared_cookies_;
  Unresolved unresolved_;
  gate::Times against_times_;
};

// Of a response of a run, from when it was sent.
[[nodiscard]] gate::Times times_of(const schema::StoredResponse& response);

}  // namespace tracerec::evaluate
