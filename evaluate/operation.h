// Which operation a recorded request calls.
#pragma once

#include "base/error.h"
#include "gate/operation.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

// gate::operation_of() for a stored request; its body is read through `bodies` when it may name one. A request that
// cannot be parsed or decoded has none. Error: the trace file cannot be read.
[[nodiscard]] Result<gate::Operation> operation_of(schema::Reader& bodies, const schema::StoredExchange& exchange);

}  // namespace tracerec::evaluate
