// Some exchanges of each endpoint, in the place of all.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "replay/exchange_set.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

// At most `most` exchanges of each endpoint of the recording, of those that `may_take` accepts. The statuses of an
// endpoint take turns, so that rare ones are among them; of each status the first ones are taken. Endpoints are those
// of the report: learned from the recording, with `templates` of the rules file. `rows` iterates, `bodies` loads.
// Memory: `most` ids for each endpoint and status. Error: the trace file cannot be read.
[[nodiscard]] Result<replay::ExchangeSet> sample_per_endpoint(
    schema::Reader& rows, schema::Reader& bodies, schema::RowId recording_id,
    const std::function<bool(const schema::StoredExchange&)>& may_take, const std::vector<std::string>& templates,
    std::size_t most);

}  // namespace tracerec::evaluate
