// Removes exchanges, recordings and runs from a trace file, and gives the space back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "schema/rows.h"

namespace tracerec::schema {

// What was removed, or would be.
struct Removed {
  std::uint64_t exchanges = 0;
  std::uint64_t recordings = 0;
  std::uint64_t runs = 0;  // rechecks included
  std::uint64_t responses = 0;
};

// All of it in one transaction, which commit() ends: without that nothing has changed, and a kill leaves the file as it
// was, or as it is after commit(). It holds the file's lock for writing. One thread.
class TraceEdit {
 public:
  // Brings the file up to date. Errors: as of BatchWriter::open(), of a file that there is; another tracerec writes it.
  [[nodiscard]] static Result<std::unique_ptr<TraceEdit>> open(const std::string& path);
  ~TraceEdit();

  // For how many equal exchanges one stands from now on, itself included; 1 and less: no change.
  using Repeats = std::function<std::uint64_t(RowId)>;

  // Keeps those exchanges of the recording of which `keeps` says so. What goes is moved in its ledger from `stored.…`
  // to `skipped.pruned`, and what stands for others gets a note. The recording's runs go, too: remove_run() says why.
  [[nodiscard]] Result<void> prune(RowId recording_id, const std::function<bool(RowId)>& keeps, const Repeats& repeats);

  // With its runs.
  [[nodiscard]] Result<void> remove_recording(RowId recording_id);

  // With what was re-sent for it. Error: another run has it as its baseline.
  [[nodiscard]] Result<void> remove_run(RowId run_id);

  // The runs of a recording.
  [[nodiscard]] Result<void> remove_runs(RowId recording_id);

  [[nodiscard]] const Removed& removed() const;

  // Makes it so, and then gives the space back. Error of the first: nothing has changed.
  [[nodiscard]] Result<void> commit();

  // After commit(). Error: the rows are gone, but the file has its size (a full disk; somebody reads it).
  [[nodiscard]] Result<void> give_space_back();

 private:
  struct Impl;
  explicit TraceEdit(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracerec::schema
