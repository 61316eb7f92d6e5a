// The values that a run put into its requests, found again from what is stored.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::evaluate {

// In the request of an exchange, `recorded` at `location` became `sent`.
struct SentValue {
  std::string location;  // schema::Substitution::location
  std::string recorded;
  std::string sent;
};

// Those of one request of the run; values that cannot be found any more are left out. Of a cookie that the target
// replaced, the newest among the responses to the last `cookie_reach` requests that carried it. Error: the trace file
// cannot be read.
[[nodiscard]] Result<std::vector<SentValue>> values_sent(schema::Reader& reader, const schema::Run& run,
                                                         schema::RowId exchange_id, std::size_t cookie_reach);

}  // namespace tracerec::evaluate
