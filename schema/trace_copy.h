// Copies recordings with their runs from trace files into a new one.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/error.h"
#include "schema/rows.h"

namespace tracerec::schema {

// The new file is whole after finish(); until then it may have any part of it, so give it a name that nobody reads. It
// holds the file's lock for writing. One thread.
class TraceCopy {
 public:
  // `path` must be free, or an empty file. Errors: as of BatchWriter::open().
  [[nodiscard]] static Result<std::unique_ptr<TraceCopy>> create(const std::string& path);
  ~TraceCopy();

  // Adds the recording with its runs, or all when it is 0, under ids that follow those that are there (into an empty
  // file: with a gap where there was one). Bodies that both files have are stored once. `from` is only read, with the
  // log that is beside it. Errors: it cannot be read, has another format than this tracerec writes, exchanges that wait
  // for their rows (its recorder was killed), runs without their recording; a recording that is there already.
  [[nodiscard]] Result<void> add(const std::string& from, RowId recording_id);

  // From now on add() ends with an error once `stop` is set, within some milliseconds; the file is of no use then. It
  // is borrowed; nullptr: none.
  void stop_when(const std::atomic<bool>* stop);

  // All of it is on the disk.
  [[nodiscard]] Result<void> finish();

 private:
  struct Impl;
  explicit TraceCopy(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracerec::schema
