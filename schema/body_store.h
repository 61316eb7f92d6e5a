// Bodies above the inline limit: stored in parts, once per distinct content. Internal to schema/.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/sha256.h"
#include "schema/packed.h"
#include "schema/rows.h"
#include "schema/sqlite.h"

namespace tracerec::schema {

// Largest part: what a reader holds in memory at a time.
constexpr std::size_t kMaxPartBytes = std::size_t{256} << 10;

// A body that has found its place.
struct PlacedBody {
  RowId body_id = 0;        // 0: inline
  std::string_view in_row;  // when inline and not streamed; lives as long as the body that was placed
  std::string streamed;     // when inline and streamed: it turned out to be small
  std::uint64_t captured_bytes = 0;
  Sha256Digest digest{};  // when body_id != 0

  [[nodiscard]] std::string_view inline_bytes() const { return streamed.empty() ? in_row : streamed; }
};

// Works inside the caller's transaction. Memory: at most kGatherBytes per body that is being streamed.
// After an error the object must only be destroyed.
class BodyStore {
 public:
  [[nodiscard]] static Result<BodyStore> create(const Database& database, std::size_t inline_bytes);

  // The next piece of the body that is streamed under `key`.
  [[nodiscard]] Result<void> append(std::uint64_t key, std::string_view bytes);
  [[nodiscard]] Result<void> discard(std::uint64_t key);
  [[nodiscard]] Result<void> discard_all();

  // Stores the body of a row; a stream ends with it. A key that nothing was appended to is an empty body.
  [[nodiscard]] Result<PlacedBody> place(const BodyView& body);

 private:
  // A stream gathers small pieces before it becomes parts, and need not become a row at all when it stays small.
  static constexpr std::size_t kGatherBytes = std::size_t{32} << 10;

  struct Stream {
    std::string gathered;
    Sha256 hash;
    RowId body_id = 0;  // 0: no row yet
    std::int64_t parts = 0;
    std::uint64_t bytes = 0;
  };

  // A stream below kGatherBytes is still in memory when it ends: so that equal bodies are always stored alike, the
  // limit for rows is smaller than that.
  BodyStore(const Database& database, std::size_t inline_bytes)
      : database_(&database), inline_bytes_(std::min(inline_bytes, kGatherBytes - 1)) {}

  [[nodiscard]] Result<PlacedBody> place_bytes(std::string_view bytes);
  [[nodiscard]] Result<PlacedBody> place_stream(Stream stream);
  [[nodiscard]] Result<RowId> find(const Sha256Digest& digest);
  [[nodiscard]] Result<RowId> insert_unfinished();
  [[nodiscard]] Result<void> insert_parts(RowId body_id, std::int64_t& next_seq, std::string_view bytes);
  [[nodiscard]] Result<void> finish(RowId body_id, const Sha256Digest& digest, std::uint64_t bytes);
  [[nodiscard]] Result<void> remove(RowId body_id);
  [[nodiscard]] Result<void> spill(Stream& stream);

  const Database* database_;
  std::size_t inline_bytes_;
  Statement find_, insert_body_, insert_part_, finish_, delete_parts_, delete_body_;
  std::unordered_map<std::uint64_t, Stream> streams_;
};

}  // namespace tracerec::schema
