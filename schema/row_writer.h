// Turns commands into rows, inside the caller's transaction. Internal to schema/.
#pragma once

#include <memory>

#include "base/error.h"
#include "schema/batch_writer.h"
#include "schema/body_store.h"
#include "schema/sqlite.h"

namespace tracerec::schema {

// The bytes that a command holds, plus a constant for the object itself: what the queue and the batches are measured
// in.
[[nodiscard]] std::size_t cost_bytes(const Command& command);

// Statements are prepared once. After an error the caller rolls back and the object must only be destroyed. One thread.
class RowWriter {
 public:
  [[nodiscard]] static Result<RowWriter> create(const Database& database, std::size_t inline_body_bytes);

  [[nodiscard]] Result<void> write(const Command& command);

  // Forgets the bodies that no row has ended.
  [[nodiscard]] Result<void> discard_streams() { return bodies_.discard_all(); }

  // What was written since the last call.
  [[nodiscard]] BatchWriter::Written take_written();

 private:
  explicit RowWriter(BodyStore bodies) : bodies_(std::move(bodies)) {}

  [[nodiscard]] Result<void> prepare(const Database& database);
  [[nodiscard]] Result<void> add(const Connection& connection);
  [[nodiscard]] Result<void> add(const BodyPart& part);
  [[nodiscard]] Result<void> add(const BodyDiscard& discard);
  [[nodiscard]] Result<void> add(const Exchange& exchange);
  [[nodiscard]] Result<void> add(const Opaque& opaque);
  [[nodiscard]] Result<void> add(const Answer& answer);
  [[nodiscard]] Result<void> add(const Substitutions& substitutions);

  BodyStore bodies_;
  Statement connection_, exchange_, opaque_, answer_, substitution_;
  BatchWriter::Written written_;
};

// Rows that are written at once, outside of the batches.
[[nodiscard]] Result<RowId> insert_recording(const Database& database, const Recording& recording);
[[nodiscard]] Result<RowId> insert_run(const Database& database, const Run& run);
[[nodiscard]] Result<void> finish_recording_row(const Database& database, RowId id, std::int64_t ended_unix_ns,
                                                const Ledger& ledger);
[[nodiscard]] Result<void> finish_run_row(const Database& database, RowId id, std::int64_t ended_unix_ns,
                                          const Ledger& ledger);
[[nodiscard]] Result<NextIds> read_next_ids(const Database& database);

}  // namespace tracerec::schema
