// Requests that were not sent because a value was missing, under the exchange that should have answered with it.
#pragma once

#include <vector>

#include "base/error.h"
#include "report/report.h"
#include "schema/reader.h"

namespace tracerec::cli {

// The most exchanges first. Memory: 16 bytes for an exchange that was not sent.
[[nodiscard]] Result<std::vector<report::UnresolvedRoot>> find_unresolved_roots(schema::Reader& reader,
                                                                                const schema::Run& run);

}  // namespace tracerec::cli
