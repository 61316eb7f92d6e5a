#include "cli/pick.h"

namespace tracerec::cli {
namespace {

template <class Row>
Result<Row> expect(Result<std::optional<Row>> found, const char* what, schema::RowId id, const std::string& db,
                   const char* how_to_make) {
  if (!found) return found.error();
  if (found->has_value()) return std::move(**found);
  if (id == 0) return Error{db + " holds no " + what + ": make one with " + how_to_make};
  return Error{db + " holds no " + what + " " + std::to_string(id) + ": tracerec ls lists them"};
}

}  // namespace

Result<schema::Recording> pick_recording(schema::Reader& reader, schema::RowId id, const std::string& db) {
  return expect(id == 0 ? reader.newest_recording() : reader.recording(id), "recording", id, db,
                "tracerec record --pid PID");
}

Result<schema::Run> pick_run(schema::Reader& reader, schema::RowId id, const std::string& db) {
  return expect(id == 0 ? reader.newest_run() : reader.run(id), "run", id, db, "tracerec replay --target HOST:PORT");
}

}  // namespace tracerec::cli
