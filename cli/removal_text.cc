#include "cli/removal_text.h"

#include <cstdio>
#include <filesystem>

#include "base/text.h"
#include "schema/writability.h"

namespace tracerec::cli {
namespace {

// 0: it is not there.
std::uint64_t bytes_of(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return error ? 0 : bytes;
}

}  // namespace

std::string counted(std::uint64_t count, const char* what) {
  return format_count(count) + " " + what + (count == 1 ? "" : "s");
}

Result<void> check_writable(const std::string& db) {
  const auto reason = schema::why_not_writable(db);
  return reason ? Result<void>(Error{db + " " + *reason + ": work on a copy, or make it writable"}) : Result<void>();
}

Result<void> commit_and_say(schema::TraceEdit& edit, const std::string& db, const std::function<void()>& say) {
  const std::uint64_t before = bytes_of(db);  // the log has what the edit has written by now
  if (auto done = edit.commit(); !done) return done;
  say();
  if (const auto given = edit.give_space_back(); !given) {
    std::fprintf(stderr, "done, but the space was not given back: %s\n", printable(given.error().message).c_str());
  }
  std::printf("%s: %s before, %s after\n", printable(db, 200).c_str(), format_bytes(before).c_str(),
              format_bytes(bytes_of(db) + bytes_of(db + "-wal")).c_str());
  return {};
}

Result<void> check_runs(std::uint64_t runs, schema::RowId recording_id, bool drop_runs) {
  if (runs == 0 || drop_runs) return {};
  return Error{"recording " + std::to_string(recording_id) + " has " + counted(runs, "run") +
               ", which would be of what is no longer there: --drop-runs removes them, too"};
}

}  // namespace tracerec::cli
