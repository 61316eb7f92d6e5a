// Values of a request that are not those that the target of a run gave.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::evaluate {

// One line for each value of the request that to_curl() has as it was recorded although the target must know it: the
// target did not return its own one in `run`, or the recording replaced a credential and nothing gave another one.
// Empty: none. Raw. Error: the trace file cannot be read.
[[nodiscard]] Result<std::vector<std::string>> missing_values(schema::Reader& reader,
                                                              const schema::StoredExchange& exchange,
                                                              const schema::Run& run);

}  // namespace tracerec::evaluate
