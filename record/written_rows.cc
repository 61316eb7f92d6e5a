#include "record/written_rows.h"

namespace tracerec::record {

bool WrittenRows::is_counted(const Row& row, std::uint64_t exchanges, std::uint64_t opaque_bytes) const {
  if (row.kind == Kind::kConnection) return false;
  if (row.kind == Kind::kOpaque) return row.bytes > 0 && opaque_bytes_ + row.bytes <= opaque_bytes;
  return exchanges_ < exchanges;
}

void WrittenRows::settle(std::uint64_t exchanges, std::uint64_t opaque_bytes) {
  for (std::size_t uncounted = 0; uncounted < rows_.size();) {
    const Row& row = rows_[uncounted];
    const bool tells_nothing = row.kind == Kind::kConnection || (row.kind == Kind::kOpaque && row.bytes == 0);
    if (tells_nothing) {
      ++uncounted;
    } else if (is_counted(row, exchanges, opaque_bytes)) {
      take(uncounted + 1);
      uncounted = 0;
    } else {
      return;
    }
  }
}

void WrittenRows::settle_all() {
  take(rows_.size());
}

void WrittenRows::take(std::size_t rows) {
  for (; rows > 0; --rows, rows_.pop_front()) {
    const Row& row = rows_.front();
    switch (row.kind) {
      case Kind::kConnection:
        ++in_file_.connections;
        continue;
      case Kind::kOpaque:
        opaque_bytes_ += row.bytes;
        in_file_.opaque.add(row.bytes);
        continue;
      case Kind::kIncomplete:
        in_file_.incomplete.add(row.bytes);
        break;
      case Kind::kOpenEnded:
        in_file_.open_ended.add(row.bytes);
        break;
      case Kind::kComplete:
        break;
    }
    ++exchanges_;
  }
}

}  // namespace tracerec::record
