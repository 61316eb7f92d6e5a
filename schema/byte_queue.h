// A queue of byte strings between exactly one producing and one consuming thread, without locks. Internal to schema/.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace tracerec::schema {

// A list of blocks. What is committed together is seen together: a front never ends within it. Blocks that were read go
// back to the producer, kMostSpares at a time, so that a steady flow allocates nothing. Unbounded; the owner counts
// bytes.
class ByteQueue {
 public:
  ByteQueue() : head_(new Block(kBlockBytes)), tail_(head_) {}
  ByteQueue(const ByteQueue&) = delete;
  ByteQueue& operator=(const ByteQueue&) = delete;
  ~ByteQueue() {
    while (Block* spare = take_spare()) delete spare;
    while (head_ != nullptr) delete std::exchange(head_, head_->next.load());
  }

  // Producer: room for `size` bytes, which `commit` then shows to the consumer.
  [[nodiscard]] char* reserve(std::size_t size) {
    if (tail_->capacity - write_ < size) append_block(size);
    return tail_->bytes.get() + write_;
  }
  void commit(std::size_t size) { tail_->filled.store(write_ += size, std::memory_order_release); }

  // Consumer: all that was committed to the oldest block, or nothing. Valid until `consume` has taken all of it.
  [[nodiscard]] std::string_view front() {
    while (true) {
      // In this order: a block with a successor is filled no further.
      Block* const next = head_->next.load(std::memory_order_acquire);
      const std::size_t filled = head_->filled.load(std::memory_order_acquire);
      if (read_ < filled || next == nullptr) return {head_->bytes.get() + read_, filled - read_};
      recycle(std::exchange(head_, next));
      read_ = 0;
    }
  }
  void consume(std::size_t size) { read_ += size; }

 private:
  static constexpr std::size_t kBlockBytes = std::size_t{256} << 10;
  static constexpr int kMostSpares = 16;

  struct Block {
    explicit Block(std::size_t size) : capacity(size), bytes(new char[size]) {}
    std::size_t capacity;
    std::unique_ptr<char[]> bytes;
    std::atomic<std::size_t> filled{0};
    std::atomic<Block*> next{nullptr};
  };

  void append_block(std::size_t size) {
    Block* fresh = size <= kBlockBytes ? take_spare() : nullptr;
    if (fresh == nullptr) fresh = new Block(std::max(size, kBlockBytes));
    tail_->next.store(fresh, std::memory_order_release);
    tail_ = fresh;
    write_ = 0;
  }

  // Only the producer takes, so that a block cannot be taken and given back between the two reads here.
  Block* take_spare() {
    Block* first = spares_.load(std::memory_order_acquire);
    while (first != nullptr && !spares_.compare_exchange_weak(first, first->next.load(std::memory_order_relaxed),
                                                              std::memory_order_acquire)) {
    }
    if (first != nullptr) spare_count_.fetch_sub(1, std::memory_order_relaxed);
    if (first != nullptr) first->next.store(nullptr, std::memory_order_relaxed);
    return first;
  }

  void recycle(Block* block) {
    if (block->capacity != kBlockBytes || spare_count_.load(std::memory_order_relaxed) >= kMostSpares) {
      delete block;
      return;
    }
    block->filled.store(0, std::memory_order_relaxed);
    Block* first = spares_.load(std::memory_order_relaxed);
    do {
      block->next.store(first, std::memory_order_relaxed);
    } while (!spares_.compare_exchange_weak(first, block, std::memory_order_release, std::memory_order_relaxed));
    spare_count_.fetch_add(1, std::memory_order_relaxed);
  }

  // Each side's cursor on a cache line of its own, so that the two threads do not slow each other.
  alignas(64) Block* head_;
  std::size_t read_ = 0;
  alignas(64) Block* tail_;
  std::size_t write_ = 0;
  alignas(64) std::atomic<Block*> spares_{nullptr};
  std::atomic<int> spare_count_{0};
};

}  // namespace tracerec::schema
