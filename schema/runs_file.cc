#include "schema/runs_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "schema/digest.h"
#include "schema/file_check.h"
#include "schema/trace_file.h"

// Tests: tests/schema/runs_file_test.cc, tests/e2e/runs_file_test.cc.

namespace tracerec::schema {
namespace {

constexpr const char* kWhereNow = "--recording-file FILE says where it is now";

std::string recording_text(RowId id) {
  return "recording " + std::to_string(id);
}

Result<std::optional<SourceRecording>> source_with(const Database& database, RowId id) {
  const auto all = sources_of(database);
  if (!all) return all.error();
  for (const SourceRecording& one : *all) {
    if (one.recording_id == id) return std::optional(one);
  }
  return std::optional<SourceRecording>();
}

}  // namespace

Result<std::vector<SourceRecording>> sources_of(const Database& database) {
  constexpr std::size_t kMost = 10'000;  // a person names them one by one; each is looked up and hashed
  Result<Statement> rows =
      database.prepare("SELECT recording_id, uid, digest, path FROM main.source_recording ORDER BY recording_id");
  if (!rows) return rows.error();
  std::vector<SourceRecording> sources;
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return sources;
    if (sources.size() == kMost) return Error{"has runs of more than 10,000 recordings: it is damaged, or was changed"};
    sources.push_back({rows->integer_at(0), rows->string_at(1), rows->string_at(2), rows->string_at(3)});
  }
}

Result<void> check_takes_recordings(const Database& database) {
  const Result<std::int64_t> any = database.query_integer("SELECT EXISTS (SELECT 1 FROM source_recording)");
  if (!any) return any.error();
  if (*any == 0) return {};
  return Error{"has runs of recordings of another file, and takes no recording: use -d for another file"};
}

Result<void> insert_source(const Database& database, const SourceRecording& source) {
  const Result<std::int64_t> own = database.query_integer("SELECT EXISTS (SELECT 1 FROM recording)");
  if (!own) return own.error();
  if (*own != 0) return Error{"has recordings of its own, and takes no runs of another file's: give another name"};
  const auto known = source_with(database, source.recording_id);
  if (!known) return known.error();
  if (*known && ((*known)->uid != source.uid || (*known)->digest != source.digest)) {
    return Error{"has runs of another " + recording_text(source.recording_id) +
                 ", or of what it was before it changed: give another name"};
  }
  Result<Statement> insert = database.prepare(
      "INSERT INTO source_recording(recording_id, uid, digest, path) VALUES (?, ?, ?, ?)"
      " ON CONFLICT (recording_id) DO UPDATE SET path = excluded.path");
  if (!insert) return insert.error();
  return insert->start().integer(source.recording_id).text(source.uid).blob(source.digest).text(source.path).run();
}

Result<void> show_runs(const Database& database, const std::string& path) {
  const Result<std::int64_t> version = database.query_integer("PRAGMA runs.user_version");
  if (!version) return with_context(path, version.error());
  if (*version != kVersion) return Error{path + ": has become a file of another format: try again"};
  if (const Result<void> same = check_schema(database, path, *version, kRunsSchema); !same) return same;
  return database.execute(
      "CREATE TEMP VIEW run AS SELECT * FROM runs.run;"
      "CREATE TEMP VIEW run_ledger AS SELECT * FROM runs.run_ledger;"
      "CREATE TEMP VIEW substitution AS SELECT * FROM runs.substitution;"
      "CREATE TEMP VIEW response AS SELECT id, run_id, exchange_id, failure, intended_ns, sent_ns, ttfb_ns, "
      "duration_ns,"
      " status, response_wire_bytes, response_captured_bytes, -response_body_id AS response_body_id, response_head,"
      " response_body, interim FROM runs.response;");
}

namespace {

Error another_recording(const std::string& runs_path, const std::string& recording, const std::string& recording_path) {
  return Error{runs_path + ": its runs are of " + recording + " of another file than " + recording_path + "; " +
               kWhereNow};
}

Error has_changed(const std::string& runs_path, const std::string& recording, const std::string& recording_path) {
  return Error{runs_path + ": " + recording + " in " + recording_path +
               " has changed since its runs were made: --recording-file FILE names a copy that has not, or replay "
               "again into a new file"};
}

Result<void> check_source(const Database& database, const SourceRecording& source, const std::string& runs_path,
                          const std::string& recording_path) {
  const std::string recording = recording_text(source.recording_id);
  Result<Statement> row = database.prepare("SELECT coalesce(uid, '') FROM recording WHERE id = ?");
  if (!row) return row.error();
  const Result<bool> found = row->start().integer(source.recording_id).step();
  if (!found) return found.error();
  const std::string uid = *found ? row->string_at(0) : std::string();
  row->reset();
  if (!*found || (!uid.empty() && !source.uid.empty() && uid != source.uid))
    return another_recording(runs_path, recording, recording_path);
  const Result<std::string> digest = known_digest_of(database, recording_path, source.recording_id);
  if (!digest) return digest.error();
  return *digest == source.digest ? Result<void>() : has_changed(runs_path, recording, recording_path);
}

}  // namespace

Result<void> check_sources(const Database& database, const std::vector<SourceRecording>& sources,
                           const std::string& runs_path, const std::string& recording_path) {
  for (const SourceRecording& source : sources) {
    if (auto same = check_source(database, source, runs_path, recording_path); !same) return same;
  }
  return {};
}

Result<std::string> find_recording_file(const std::vector<SourceRecording>& sources, const std::string& runs_path,
                                        const std::string& given) {
  if (!given.empty()) return given;
  const std::string& said = sources.front().path;
  if (exists(said)) return said;
  const int error = errno;
  const std::filesystem::path name = std::filesystem::path(said).filename();
  const std::string beside = (std::filesystem::path(runs_path).parent_path() / name).string();
  if (exists(beside)) return beside;
  return Error{runs_path + ": its recording was in " + said + " (" + std::strerror(error) + "); " + kWhereNow};
}

}  // namespace tracerec::schema
