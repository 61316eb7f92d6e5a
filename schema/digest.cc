#include "schema/digest.h"

#include <sys/stat.h>

#include <array>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/sha256.h"
#include "schema/row_reader.h"

// How this works. Each column of each row is hashed with its length in front, so that no two files write one text. The
// columns are named here: a format that adds one leaves the digest as it is.

namespace tracerec::schema {
namespace {

struct Part {
  std::string sql;  // with the recording as its only parameter
  int columns;
};

std::array<Part, 5> parts() {
  const std::string of_recording = " WHERE recording_id = ?1";
  return {
      Part{"SELECT options, secrets_replaced FROM recording WHERE id = ?1", 2},
      Part{"SELECT key, count, bytes FROM recording_ledger" + of_recording + " ORDER BY key", 3},
      Part{"SELECT id, local, peer, opened_unix_ns, open_before, role, tls FROM connection" + of_recording +
               " ORDER BY id",
           7},
      Part{"SELECT " + std::string(kExchangeColumns) + " FROM exchange e WHERE e.recording_id = ?1 ORDER BY e.id",
           kExchangeColumnCount},
      Part{"SELECT body_id, seq, data FROM body_part WHERE body_id IN (SELECT request_body_id FROM exchange" +
               of_recording + " UNION SELECT response_body_id FROM exchange" + of_recording + ") ORDER BY body_id, seq",
           3}};
}

// NULL is no text.
void add(const Statement& row, int column, Sha256& hash) {
  if (row.is_null(column)) return hash.update("-;");
  const std::string_view bytes = row.bytes_at(column);
  hash.update(std::to_string(bytes.size()) + ':');
  hash.update(bytes);
}

Result<void> add_all(const Database& database, const Part& part, RowId recording_id, Sha256& hash) {
  Result<Statement> rows = database.prepare(part.sql);
  if (!rows) return rows.error();
  rows->start().integer(recording_id);
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return {};
    for (int column = 0; column < part.columns; ++column) add(*rows, column, hash);
  }
}

using FileState = std::array<std::int64_t, 8>;

FileState state_of(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return {};
  return {static_cast<std::int64_t>(file.st_dev),
          static_cast<std::int64_t>(file.st_ino),
          file.st_size,
          file.st_mtim.tv_sec,
          file.st_mtim.tv_nsec,
          file.st_ctim.tv_sec,
          file.st_ctim.tv_nsec,
          1};
}

}  // namespace

Result<std::string> digest_of(const Database& database, RowId recording_id) {
  Sha256 hash;
  for (const Part& part : parts()) {
    hash.update("part;");
    if (const Result<void> added = add_all(database, part, recording_id, hash); !added) return added.error();
  }
  const Sha256Digest digest = hash.finish();
  return std::string(digest.begin(), digest.end());
}

Result<std::string> known_digest_of(const Database& database, const std::string& path, RowId recording_id) {
  using Key = std::pair<std::pair<FileState, FileState>, RowId>;
  constexpr std::size_t kMostKnown = 256;
  static std::mutex mutex;
  static std::map<Key, std::string> known;
  const Key key{{state_of(path), state_of(path + "-wal")}, recording_id};
  {
    const std::lock_guard guard(mutex);
    if (const auto at = known.find(key); at != known.end()) return at->second;
  }
  Result<std::string> digest = digest_of(database, recording_id);
  const std::lock_guard guard(mutex);
  if (known.size() >= kMostKnown) known.clear();
  if (digest) known[key] = *digest;
  return digest;
}

}  // namespace tracerec::schema
