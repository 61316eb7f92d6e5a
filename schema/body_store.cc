#include "schema/body_store.h"

#include <utility>

namespace tracerec::schema {
namespace {

std::string_view view(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

PlacedBody inline_body(std::string_view bytes) {
  PlacedBody placed;
  placed.in_row = bytes;
  placed.captured_bytes = bytes.size();
  return placed;
}

PlacedBody stored_body(RowId id, const Sha256Digest& digest, std::uint64_t bytes) {
  PlacedBody placed;
  placed.body_id = id;
  placed.captured_bytes = bytes;
  placed.digest = digest;
  return placed;
}

Result<void> prepare(const Database& database, Statement& statement, std::string_view sql) {
  Result<Statement> prepared = database.prepare(sql);
  if (!prepared) return prepared.error();
  statement = std::move(*prepared);
  return {};
}

}  // namespace

Result<BodyStore> BodyStore::create(const Database& database, std::size_t inline_bytes) {
  BodyStore store(database, inline_bytes);
  const std::pair<Statement*, std::string_view> statements[] = {
      {&store.find_, "SELECT id FROM body WHERE sha256 = ?"},
      {&store.insert_body_, "INSERT INTO body(sha256, bytes) VALUES (NULL, 0)"},
      {&store.insert_part_, "INSERT INTO body_part(body_id, seq, data) VALUES (?, ?, ?)"},
      {&store.finish_, "UPDATE body SET sha256 = ?, bytes = ? WHERE id = ?"},
      {&store.delete_parts_, "DELETE FROM body_part WHERE body_id = ?"},
      {&store.delete_body_, "DELETE FROM body WHERE id = ?"},
  };
  for (const auto& [statement, sql] : statements) {
    const Result<void> prepared = prepare(database, *statement, sql);
    if (!prepared) return prepared.error();
  }
  return store;
}

Result<void> BodyStore::append(std::uint64_t key, std::string_view bytes) {
  Stream& stream = streams_[key];
  stream.hash.update(bytes);
  stream.bytes += bytes.size();
  if (stream.gathered.size() + bytes.size() < kGatherBytes) {
    stream.gathered += bytes;
    return {};
  }
  const Result<void> spilled = spill(stream);
  return spilled ? insert_parts(stream.body_id, stream.parts, bytes) : spilled;
}

// Moves what was gathered into the file; afterwards the stream has a row.
Result<void> BodyStore::spill(Stream& stream) {
  if (stream.body_id == 0) {
    const Result<RowId> id = insert_unfinished();
    if (!id) return id.error();
    stream.body_id = *id;
  }
  const Result<void> inserted = insert_parts(stream.body_id, stream.parts, stream.gathered);
  stream.gathered.clear();
  return inserted;
}

Result<void> BodyStore::discard(std::uint64_t key) {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return {};
  const RowId body_id = found->second.body_id;
  streams_.erase(found);
  if (body_id == 0) return {};
  return remove(body_id);
}

Result<void> BodyStore::discard_all() {
  while (!streams_.empty()) {
    const Result<void> discarded = discard(streams_.begin()->first);
    if (!discarded) return discarded;
  }
  return {};
}

Result<PlacedBody> BodyStore::place(const BodyView& body) {
  if (body.stream_key == 0) return place_bytes(body.bytes);
  const auto found = streams_.find(body.stream_key);
  if (found == streams_.end()) return PlacedBody{};
  Stream stream = std::move(found->second);
  streams_.erase(found);
  return place_stream(std::move(stream));
}

Result<PlacedBody> BodyStore::place_bytes(std::string_view bytes) {
  if (bytes.size() <= inline_bytes_) return inline_body(bytes);
  const Sha256Digest digest = sha256(bytes);
  const Result<RowId> known = find(digest);
  if (!known) return known.error();
  if (*known != 0) return stored_body(*known, digest, bytes.size());
  const Result<RowId> id = insert_unfinished();
  if (!id) return id.error();
  std::int64_t parts = 0;
  Result<void> done = insert_parts(*id, parts, bytes);
  if (done) done = finish(*id, digest, bytes.size());
  if (!done) return done.error();
  return stored_body(*id, digest, bytes.size());
}

Result<PlacedBody> BodyStore::place_stream(Stream stream) {
  if (stream.body_id == 0) {  // still all in memory
    Result<PlacedBody> placed = place_bytes(stream.gathered);
    if (placed && placed->body_id == 0) placed->streamed = std::move(stream.gathered);
    return placed;
  }
  Result<void> done = spill(stream);
  if (!done) return done.error();
  const Sha256Digest digest = stream.hash.finish();
  const Result<RowId> known = find(digest);
  if (!known) return known.error();
  done = *known != 0 ? remove(stream.body_id) : finish(stream.body_id, digest, stream.bytes);
  if (!done) return done.error();
  return stored_body(*known != 0 ? *known : stream.body_id, digest, stream.bytes);
}

Result<RowId> BodyStore::find(const Sha256Digest& digest) {
  const Result<bool> row = find_.start().blob(view(digest)).step();
  if (!row) return row.error();
  const RowId id = *row ? find_.integer_at(0) : 0;
  find_.reset();
  return id;
}

Result<RowId> BodyStore::insert_unfinished() {
  const Result<void> inserted = insert_body_.start().run();
  if (!inserted) return inserted.error();
  return database_->last_row_id();
}

Result<void> BodyStore::insert_parts(RowId body_id, std::int64_t& next_seq, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kMaxPartBytes);
    const Result<void> inserted = insert_part_.start().integer(body_id).integer(next_seq++).blob(part).run();
    if (!inserted) return inserted;
    bytes.remove_prefix(part.size());
  }
  return {};
}

Result<void> BodyStore::finish(RowId body_id, const Sha256Digest& digest, std::uint64_t bytes) {
  return finish_.start().blob(view(digest)).integer(static_cast<std::int64_t>(bytes)).integer(body_id).run();
}

Result<void> BodyStore::remove(RowId body_id) {
  const Result<void> removed = delete_parts_.start().integer(body_id).run();
  return removed ? delete_body_.start().integer(body_id).run() : removed;
}

}  // namespace tracerec::schema
