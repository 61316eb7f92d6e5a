// Whether the responses of a run are all in the file.
#pragma once

#include <string>

#include "base/error.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

// What a run counted when it ended must be what is stored: planned = sent + skipped, sent = answered + failed, and so
// many responses and failures there are, each with its exchange. Error: it is not, or the counts are missing. A run
// without an end (it was killed, or is running) has no counts, and is no error here: doubts() sees to it.
[[nodiscard]] Result<void> check_balance(schema::Reader& reader, const schema::Run& run);

}  // namespace tracerec::evaluate
