// The recording or run that a command is about.
#pragma once

#include <string>

#include "base/error.h"
#include "schema/reader.h"

namespace tracerec::cli {

// The one with this id, or the newest when id is 0. Errors name the file and what to do.
[[nodiscard]] Result<schema::Recording> pick_recording(schema::Reader& reader, schema::RowId id, const std::string& db);
[[nodiscard]] Result<schema::Run> pick_run(schema::Reader& reader, schema::RowId id, const std::string& db);

}  // namespace tracerec::cli
