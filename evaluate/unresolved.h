// Requests that were not sent because a value was missing, under the exchange that should have answered with it.
#pragma once

#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "report/report.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

struct Unresolved {
  std::vector<report::UnresolvedRoot> roots;                        // the most exchanges first
  std::vector<std::pair<schema::RowId, schema::RowId>> dependents;  // exchange → its root, by exchange
  std::unordered_set<schema::RowId> root_ids;

  // 0: it was not for want of a value.
  [[nodiscard]] schema::RowId root_of(schema::RowId exchange_id) const;
};

// Memory: 16 bytes for an exchange that was not sent.
[[nodiscard]] Result<Unresolved> find_unresolved(schema::Reader& reader, const schema::Run& run);

}  // namespace tracerec::evaluate
