// tracerec show --diff
#pragma once

#include <string>

#include "base/error.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::cli {

// To stdout: the request as `run` sent it, and both responses as one text, in colours on a terminal. `against` as
// --against: empty is what the gate compares with, the run's baseline or the recorded response. Error: one of the two
// has no response, and why.
[[nodiscard]] Result<void> print_diff(schema::Reader& reader, const schema::StoredExchange& exchange,
                                      const schema::Run& run, const std::string& against);

}  // namespace tracerec::cli
