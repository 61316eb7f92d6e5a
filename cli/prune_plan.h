// Which exchanges of a recording `tracerec prune` keeps.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/glob.h"
#include "replay/exchange_set.h"
#include "schema/reader.h"

namespace tracerec::cli {

// What an exchange must have to be kept: all of these.
struct KeepConditions {
  EndpointFilter filter;
  std::int64_t since_unix_ns = INT64_MIN;  // of its start
  std::int64_t until_unix_ns = INT64_MAX;
  std::size_t per_endpoint = 0;        // at most so many of each; 0: all
  std::vector<std::string> templates;  // of endpoints
  bool dedup = false;                  // equal ones but the first go
  bool dependencies = true;            // what the kept ones need is kept, too
};

struct PrunePlan {
  replay::ExchangeSet kept;
  std::uint64_t needed = 0;                        // of them: kept because others need them
  std::uint64_t all = 0;                           // exchanges of the recording
  std::map<schema::RowId, std::uint64_t> repeats;  // of kept ones that stand for others: how many, themselves included
  bool all_compared = true;                        // false: there were more different ones than are compared
};

// Equal are exchanges with the same request and the same response, but for its Date. `rows` iterates, `bodies` loads.
// Memory: some bits for an exchange; with `dedup` some 60 bytes for each of the first 4,000,000 different ones. Error:
// the trace file cannot be read.
[[nodiscard]] Result<PrunePlan> plan_prune(schema::Reader& rows, schema::Reader& bodies, schema::RowId recording_id,
                                           const KeepConditions& conditions);

}  // namespace tracerec::cli
