// Rows of the trace file as objects of the API. docs/viewer.md has their members.
#pragma once

#include "schema/reader.h"
#include "ui/reply.h"

namespace tracerec::ui {

[[nodiscard]] Json to_json(const schema::Recording& recording);
[[nodiscard]] Json to_json(const schema::RecordingSummary& summary);
[[nodiscard]] Json to_json(const schema::Run& run);
[[nodiscard]] Json to_json(const schema::RunSummary& summary);
[[nodiscard]] Json to_json(const schema::ExchangeLine& line, bool with_run);
[[nodiscard]] Json to_json(const schema::Substitution& substitution);
[[nodiscard]] Json ledger_json(const schema::Ledger& ledger);

}  // namespace tracerec::ui
