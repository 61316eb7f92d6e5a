// Lists that may become longer than memory should hold: they grow in temporary files and are read through mappings of
// them. docs/replay.md, Memory.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace tracerec::replay {

// A temporary file of mode 0600 without a name, so that nothing is left of it, not even by kill -9. It is made by the
// first append() in the first of $SQLITE_TMPDIR, $TMPDIR, /var/tmp, /usr/tmp, /tmp and . that can be written to: where
// SQLite has its own. Move-only. One thread.
class ScratchFile {
 public:
  // After a failure all others do nothing. Errors, kept until asked for: no folder, disk full.
  void append(const void* bytes, std::size_t count);
  // Zeros. Their blocks are allocated, so that a disk that is full later is no matter.
  void append_zeros(std::size_t count);
  void read(std::uint64_t offset, void* bytes, std::size_t count);

  [[nodiscard]] const Result<void>& error() const { return error_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  [[nodiscard]] bool is_open();
  void fail(int code);

  UniqueFd fd_;
  std::string folder_;
  std::uint64_t size_ = 0;
  Result<void> error_;
};

// A file in memory, of which only a few megabytes count as the process's: where it was last read or written. What it
// gives stays valid for its own life. Move-only. One thread. A disk that cannot read its own blocks any more ends the
// process (SIGBUS).
class ScratchMapping {
 public:
  ScratchMapping() = default;
  ScratchMapping(ScratchMapping&& other) noexcept;
  ScratchMapping& operator=(ScratchMapping&& other) noexcept;
  ScratchMapping(const ScratchMapping&) = delete;
  ScratchMapping& operator=(const ScratchMapping&) = delete;
  ~ScratchMapping();

  [[nodiscard]] static Result<ScratchMapping> map(const ScratchFile& file, bool writable);

  [[nodiscard]] bool valid() const { return data_ != nullptr; }

  // Where `offset` is.
  [[nodiscard]] std::byte* at(std::size_t offset) const {
    if (offset / kChunkBytes != last_chunk_) enter(offset / kChunkBytes);
    return data_ + offset;
  }

 private:
  // As much as the kernel maps for one access, when it has it in memory (fault_around_bytes).
  static constexpr std::size_t kChunkBytes = std::size_t{64} << 10;
  static constexpr unsigned kMostChunks = 64;

  void enter(std::size_t chunk) const;

  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  mutable std::size_t last_chunk_ = SIZE_MAX;
  mutable unsigned entered_ = 0;
};

// How much of a list is kept on the heap: all of it, when it is not longer.
constexpr std::size_t kScratchHeapBytes = std::size_t{1} << 20;

// Grows, is finished, is read. Move-only. One thread.
template <class T>
class ScratchList {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  void push_back(const T& row) {
    if (heap_.size() * sizeof(T) >= kScratchHeapBytes) spill();
    heap_.push_back(row);
    ++size_;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

  // No push_back() after it, no part() before. Error: of the temporary file.
  [[nodiscard]] Result<void> finish() {
    if (file_.size() == 0 && file_.error()) return {};
    spill();
    heap_.shrink_to_fit();
    if (!file_.error()) return file_.error();
    auto mapped = ScratchMapping::map(file_, false);
    if (!mapped) return mapped.error();
    mapping_ = std::move(*mapped);
    file_ = {};
    return {};
  }

  // Rows that are there. Valid as long as the list.
  [[nodiscard]] std::span<const T> part(std::size_t first, std::size_t count) const {
    if (count == 0) return {};
    if (!mapping_.valid()) return std::span(heap_).subspan(first, count);
    return {reinterpret_cast<const T*>(mapping_.at(first * sizeof(T))), count};
  }
  [[nodiscard]] const T& operator[](std::size_t index) const { return part(index, 1).front(); }

  [[nodiscard]] const Result<void>& error() const { return file_.error(); }

 private:
  void spill() {
    file_.append(heap_.data(), heap_.size() * sizeof(T));
    heap_.clear();
  }

  std::vector<T> heap_;  // the last ones, or all
  std::size_t size_ = 0;
  ScratchFile file_;
  ScratchMapping mapping_;
};

// Rows that belong to numbers from 0 on: those of each exchange, say. Move-only. One thread.
template <class T>
class ScratchRows {
 public:
  // By number.
  void add(std::uint64_t number, const T& row) {
    begin(number);
    rows_.push_back(row);
  }
  void add(std::uint64_t number, std::span<const T> rows) {
    begin(number);
    for (const T& row : rows) rows_.push_back(row);
  }

  // `numbers`: how many there are, with and without rows. Error: of the temporary files.
  [[nodiscard]] Result<void> finish(std::uint64_t numbers) {
    begin(numbers);
    if (auto done = begin_.finish(); !done) return done;
    return rows_.finish();
  }

  [[nodiscard]] std::span<const T> of(std::uint64_t number) const {
    if (number + 1 >= begin_.size()) return {};
    const auto range = begin_.part(number, 2);
    return rows_.part(range[0], range[1] - range[0]);
  }
  // Where the first of them is among all rows.
  [[nodiscard]] std::size_t first_of(std::uint64_t number) const { return begin_[number]; }
  [[nodiscard]] const T& row(std::size_t index) const { return rows_[index]; }
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }
  [[nodiscard]] std::size_t numbers() const { return begin_.size() == 0 ? 0 : begin_.size() - 1; }

  [[nodiscard]] bool failed() const { return !begin_.error() || !rows_.error(); }

 private:
  void begin(std::uint64_t number) {
    while (begin_.size() <= number) begin_.push_back(rows_.size());
  }

  ScratchList<std::uint64_t> begin_;  // and one more
  ScratchList<T> rows_;
};

// Zeros at first, read and written anywhere. Without room for a temporary file it is on the heap. Move-only. One
// thread.
template <class T>
class ScratchArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit ScratchArray(std::size_t size) {
    if (size * sizeof(T) > kMostHeapBytes) map(size * sizeof(T));
    if (!mapping_.valid()) heap_.resize(size);
  }
  [[nodiscard]] T& operator[](std::size_t index) {
    return mapping_.valid() ? *reinterpret_cast<T*>(mapping_.at(index * sizeof(T))) : heap_[index];
  }
  [[nodiscard]] T operator[](std::size_t index) const {
    return mapping_.valid() ? *reinterpret_cast<const T*>(mapping_.at(index * sizeof(T))) : heap_[index];
  }

 private:
  static constexpr std::size_t kMostHeapBytes = std::size_t{8} << 20;

  void map(std::size_t bytes) {
    ScratchFile file;
    file.append_zeros(bytes);
    if (!file.error()) return;
    if (auto mapped = ScratchMapping::map(file, true)) mapping_ = std::move(*mapped);
  }

  std::vector<T> heap_;
  ScratchMapping mapping_;
};

// Sorts what may not fit into memory: pieces that do, which are merged. T has operator<. Move-only. One thread.
template <class T>
class ScratchSort {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit ScratchSort(std::size_t heap_bytes = std::size_t{16} << 20) : most_(heap_bytes / sizeof(T)) {}

  void add(const T& row) {
    if (heap_.size() >= most_) spill();
    heap_.push_back(row);
  }

  // Calls `visit(row)` in order, and forgets them. Error: of the temporary file.
  template <class Visit>
  [[nodiscard]] Result<void> take_all(const Visit& visit) {
    std::sort(heap_.begin(), heap_.end());
    if (piece_begin_.empty()) {
      for (const T& row : heap_) visit(row);
    } else {
      spill();
      merge(visit);
    }
    const Result<void> done = file_.error();
    *this = ScratchSort(most_ * sizeof(T));
    return done;
  }

  [[nodiscard]] bool failed() const { return !file_.error(); }

 private:
  // Both for all pieces together, and for one at least.
  static constexpr std::size_t kMergeBytes = std::size_t{8} << 20;
  static constexpr std::size_t kLeastBytes = 4096;

  // What is left of a piece: the rows in memory, and those after them in the file.
  struct Piece {
    std::vector<T> rows;
    std::size_t next = 0;
    std::uint64_t offset = 0;
    std::uint64_t end = 0;

    [[nodiscard]] const T& front() const { return rows[next]; }
  };

  void spill() {
    std::sort(heap_.begin(), heap_.end());
    piece_begin_.push_back(file_.size());
    file_.append(heap_.data(), heap_.size() * sizeof(T));
    heap_.clear();
  }

  // False: there is no more.
  bool advance(Piece& piece, std::size_t rows) {
    if (++piece.next < piece.rows.size()) return true;
    const std::uint64_t left = (piece.end - piece.offset) / sizeof(T);
    piece.rows.resize(std::min<std::uint64_t>(rows, left));
    piece.next = 0;
    file_.read(piece.offset, piece.rows.data(), piece.rows.size() * sizeof(T));
    piece.offset += piece.rows.size() * sizeof(T);
    return !piece.rows.empty() && file_.error().has_value();
  }

  template <class Visit>
  void merge(const Visit& visit) {
    heap_ = {};
    const std::size_t rows = std::max(kLeastBytes, kMergeBytes / piece_begin_.size()) / sizeof(T);
    piece_begin_.push_back(file_.size());
    std::vector<Piece> pieces(piece_begin_.size() - 1);
    std::vector<Piece*> heap;  // the piece with the least row first
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      pieces[i].offset = piece_begin_[i];
      pieces[i].end = piece_begin_[i + 1];
      if (advance(pieces[i], rows)) heap.push_back(&pieces[i]);
    }
    std::make_heap(heap.begin(), heap.end(), is_after);
    while (!heap.empty()) {
      visit(heap.front()->front());
      if (!advance(*heap.front(), rows)) {
        heap.front() = heap.back();
        heap.pop_back();
      }
      sift_down(heap);
    }
  }

  static bool is_after(const Piece* a, const Piece* b) { return b->front() < a->front(); }

  // The first may have to go down; half the comparisons of pop_heap and push_heap.
  static void sift_down(std::vector<Piece*>& heap) {
    for (std::size_t at = 0, child = 1; child < heap.size(); at = child, child = 2 * at + 1) {
      if (child + 1 < heap.size() && is_after(heap[child], heap[child + 1])) ++child;
      if (!is_after(heap[at], heap[child])) return;
      std::swap(heap[at], heap[child]);
    }
  }

  std::size_t most_;
  std::vector<T> heap_;
  ScratchFile file_;
  std::vector<std::uint64_t> piece_begin_;
};

}  // namespace tracerec::replay
