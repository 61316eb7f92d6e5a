// Which of the rows that were handed to the store have reached the file.
#pragma once

#include <cstdint>
#include <deque>

#include "record/sink_counts.h"

namespace tracerec::record {

// The store writes rows in the order in which it got them, and tells how many exchanges and opaque bytes it has
// written: so what is in the file is a beginning of what was added here. One thread. Memory: 16 bytes for each row that
// is not written yet, of which the store's queue is the bound.
class WrittenRows {
 public:
  enum class Kind : std::uint8_t { kConnection, kOpaque, kComplete, kIncomplete, kOpenEnded };

  // Handed over, with the bytes of its message or stream.
  void add(Kind kind, std::uint64_t bytes) { rows_.push_back({bytes, kind}); }

  // So much has been written since the recording began.
  void settle(std::uint64_t exchanges, std::uint64_t opaque_bytes);

  // All of it has.
  void settle_all();

  struct InFile {
    SinkCounts::Pair incomplete, open_ended, opaque;
    std::uint64_t connections = 0;  // those of which a further row is in the file
  };
  [[nodiscard]] const InFile& in_file() const { return in_file_; }

 private:
  struct Row {
    std::uint64_t bytes;
    Kind kind;
  };
  // Whether a row is in the file without doubt, the counts of the store being those: a connection is not counted there,
  // nor is an empty row of opaque bytes. They are when the row after them is.
  [[nodiscard]] bool is_counted(const Row& row, std::uint64_t exchanges, std::uint64_t opaque_bytes) const;
  void take(std::size_t rows);

  std::deque<Row> rows_;
  std::uint64_t exchanges_ = 0, opaque_bytes_ = 0;  // of rows that were taken
  InFile in_file_;
};

}  // namespace tracerec::record
