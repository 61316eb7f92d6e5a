// Turns commands into rows, inside the caller's transaction. Internal to schema/.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "schema/batch_writer.h"
#include "schema/body_store.h"
#include "schema/packed.h"
#include "schema/packed_exchanges.h"
#include "schema/sqlite.h"

namespace tracerec::schema {

class ExchangeRows;

// Statements are prepared once. After an error the caller rolls back and the object must only be destroyed. One thread.
class RowWriter {
 public:
  [[nodiscard]] static Result<RowWriter> create(const Database& database, std::size_t inline_body_bytes);

  // Takes one command off the front of `packed` (schema/packed.h). Exchanges and responses are gathered: their bytes
  // must stay until `insert_gathered`.
  [[nodiscard]] Result<void> write(std::string_view& packed);
  [[nodiscard]] Result<void> insert_gathered();

  // While on, exchanges whose bodies are small are put aside, many in a row, for a third of what a row of their own
  // costs (docs/trace-format.md, Writing).
  void pack_exchanges(bool on) { packs_ = on; }

  // Before a commit: what was put aside is in the table.
  [[nodiscard]] Result<void> insert_packed() { return packed_.insert_gathered(); }

  // Bytes of exchanges that were put aside and have no rows of their own yet.
  [[nodiscard]] std::uint64_t packed_bytes() const { return packed_.waiting_bytes(); }

  // Gives some hundred of them their rows. Precondition: insert_packed() was called, and packed_bytes() > 0.
  [[nodiscard]] Result<void> unpack_row();

  // Forgets the bodies that no row has ended.
  [[nodiscard]] Result<void> discard_streams() { return bodies_.discard_all(); }

  // What was written since the last call.
  [[nodiscard]] BatchWriter::Written take_written();

 private:
  class PendingResponses;

  RowWriter(BodyStore bodies, PackedExchanges packed, std::size_t inline_body_bytes);

 public:
  RowWriter(RowWriter&&) noexcept;
  RowWriter& operator=(RowWriter&&) = delete;
  ~RowWriter();

 private:
  [[nodiscard]] Result<void> prepare(const Database& database);
  [[nodiscard]] Result<void> add(const Connection& connection);
  [[nodiscard]] Result<void> add(const BodyPartView& part);
  [[nodiscard]] Result<void> add(const BodyDiscard& discard);
  [[nodiscard]] Result<void> add(const ExchangeView& exchange);
  [[nodiscard]] Result<void> add(const Opaque& opaque);
  [[nodiscard]] Result<void> add(const ResponseView& response);
  [[nodiscard]] Result<void> add(const Substitutions& substitutions);
  [[nodiscard]] bool can_wait(const BodyView& body) const;
  [[nodiscard]] Result<std::uint64_t> gather(const ExchangeView& exchange);

  BodyStore bodies_;
  PackedExchanges packed_;
  bool packs_ = false;
  std::size_t inline_body_bytes_;
  std::string_view command_;                 // that is being written
  std::unique_ptr<ExchangeRows> exchanges_;  // the statements look at them
  std::unique_ptr<PendingResponses> responses_;
  Statement connection_, opaque_, substitution_, insert_exchanges_, insert_responses_;
  BatchWriter::Written written_;
};

// Rows that are written at once, outside of the batches.
[[nodiscard]] Result<RowId> insert_recording(const Database& database, const Recording& recording);
[[nodiscard]] Result<RowId> insert_run(const Database& database, const Run& run);
[[nodiscard]] Result<void> finish_recording_row(const Database& database, RowId id, std::int64_t ended_unix_ns,
                                                const Ledger& ledger);
[[nodiscard]] Result<void> finish_run_row(const Database& database, const RunEnd& end);
[[nodiscard]] Result<NextIds> read_next_ids(const Database& database);

}  // namespace tracerec::schema
