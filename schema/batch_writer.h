// Writes a recording or a run from its own thread, in batched transactions, so that the thread that drains the kernel
// (or the replay engine) never waits for a disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "schema/rows.h"
#include "schema/store.h"

namespace tracerec::schema {

struct BatchWriterOptions {
  std::size_t queue_bytes = std::size_t{64} << 20;  // bound of what waits in memory
  std::size_t inline_body_bytes = 4096;             // bodies up to here live in their row
  std::int64_t commit_interval_ns = 200'000'000;    // a kill -9 loses at most this much, or commit_bytes
  std::size_t commit_bytes = std::size_t{8} << 20;
  std::function<void()> on_thread;  // called first by the writing thread, to give up rights; none: nothing

  // Asked by the writing thread, some times a second. While it says yes, exchanges with small bodies are put aside, up
  // to most_packed_bytes of them: many in a row of packed_exchange, which takes less processor time. They get rows of
  // their own when it says no and the queue is empty, and at the latest before a recording or run is finished. None:
  // no.
  std::function<bool()> is_machine_busy;
  std::uint64_t most_packed_bytes = std::uint64_t{256} << 20;
};

// Success of open: the file exists with mode 0600, is migrated, locked against other writers, and the thread runs.
// Failure leaves the file as it was. Movable through unique_ptr only; the producer thread owns it.
class BatchWriter final : public Store {
 public:
  // Errors: not a database, written by a newer version, another writer holds it, no permission, disk full.
  [[nodiscard]] static Result<std::unique_ptr<BatchWriter>> open(const std::string& path,
                                                                 const BatchWriterOptions& options);
  ~BatchWriter() override;

  // Add a row at once (committed before it returns) and give its id: the row's own, or the next one when that is 0.
  // Call before the first submit. Error of begin_recording: the file has runs of recordings of another file.
  [[nodiscard]] Result<RowId> begin_recording(const Recording& recording);
  [[nodiscard]] Result<RowId> begin_run(const Run& run);

  // From now on the file has runs of this recording of another file. Call before begin_run of one. Errors: the file has
  // recordings of its own, or runs of what this recording was before it changed.
  [[nodiscard]] Result<void> refer_to(const SourceRecording& source);

  // The ids that a new recording goes on with. Reads an index of all exchanges. Call before the first submit.
  [[nodiscard]] Result<NextIds> next_ids() const;

  // A command above queue_bytes is taken when the queue is empty. It is copied: one that was taken is left as it is.
  [[nodiscard]] bool submit(Command&& command) override;
  [[nodiscard]] std::size_t queued_bytes() const override;

  [[nodiscard]] std::string error() const override;

  // Sums over what is committed (after finish) or was written so far: what the closing ledger compares with.
  struct Written {
    std::uint64_t exchanges = 0;
    std::uint64_t responses = 0;
    std::uint64_t message_bytes =
        0;  // heads, interim heads and captured bodies of exchanges, as on the wire (no dedup)
    std::uint64_t opaque_bytes = 0;
  };
  [[nodiscard]] Written written() const;

  // On the disk at this moment: of the file and of its log. What is queued is not in it.
  [[nodiscard]] std::uint64_t file_bytes() const;

  // Waits until the queue is empty and committed, then writes the end time and the ledger (of each run), and stops the
  // thread.
  // Exactly one of the two, once. Error: the disk refused; what was committed before is intact.
  [[nodiscard]] Result<void> finish_recording(RowId recording_id, std::int64_t ended_unix_ns, const Ledger& ledger);
  [[nodiscard]] Result<void> finish_runs(const std::vector<RunEnd>& ends);

  // The same for one of many in a file that is copied: the next begin_…() and its rows may follow, or finish(), before
  // which nothing is sure to be on the disk.
  [[nodiscard]] Result<void> end_recording(RowId recording_id, std::int64_t ended_unix_ns, const Ledger& ledger);
  [[nodiscard]] Result<void> end_run(const RunEnd& end);
  [[nodiscard]] Result<void> finish();

  // Waits until everything submitted so far is written and committed (the last step before a ledger is computed from
  // written()). Error as above.
  [[nodiscard]] Result<void> flush();

 private:
  struct Impl;
  explicit BatchWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracerec::schema
