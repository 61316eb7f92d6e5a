// Who responded what to an exchange: the sides of a comparison that people look at.
#pragma once

#include <optional>
#include <string>

#include "evaluate/response_diff.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::evaluate {

struct ResponseSide {
  std::string name;                    // "recorded 2026-03-01 12:00:05.123 UTC", "run 4 against http://staging:8080"
  std::optional<ResponseLines> lines;  // nothing: there is no response
  std::string why;                     // what is wrong with it: why there is none, or not all of it; empty: nothing
};

// Errors of all: the trace file cannot be read, or a stored head is none.
[[nodiscard]] Result<ResponseSide> recorded_side(schema::Reader& reader, const schema::StoredExchange& exchange);
[[nodiscard]] Result<ResponseSide> side_of_run(schema::Reader& reader, const schema::StoredExchange& exchange,
                                               const schema::Run& run);

// What the gate compares `run` with: its own baseline, or `against` (0: what was recorded). Error, too: there is no
// such run of the recording.
[[nodiscard]] Result<ResponseSide> baseline_side(schema::Reader& reader, const schema::StoredExchange& exchange,
                                                 const schema::Run& run, const std::optional<schema::RowId>& against);

}  // namespace tracerec::evaluate
