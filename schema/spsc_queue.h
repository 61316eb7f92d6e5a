// A queue between exactly one producing and one consuming thread, without locks.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <utility>

namespace tracerec::schema {

// A list of chunks: pushing allocates once in kSlots items. Unbounded; the owner counts bytes. `push` is for the
// producer alone, `front` and `pop` for the consumer alone. T's default value must own nothing.
template <class T>
class SpscQueue {
 public:
  SpscQueue() : head_(new Chunk), tail_(head_) {}
  SpscQueue(const SpscQueue&) = delete;
  SpscQueue& operator=(const SpscQueue&) = delete;
  ~SpscQueue() {
    while (head_ != nullptr) delete std::exchange(head_, head_->next.load(std::memory_order_relaxed));
  }

  void push(T&& item) {
    if (write_ == kSlots) {
      Chunk* fresh = new Chunk;
      tail_->next.store(fresh, std::memory_order_release);
      tail_ = fresh;
      write_ = 0;
    }
    tail_->items[write_] = std::move(item);
    tail_->filled.store(++write_, std::memory_order_release);
  }

  // The oldest item, or nullptr. It stays valid until pop.
  [[nodiscard]] T* front() {
    if (read_ == kSlots) {
      Chunk* next = head_->next.load(std::memory_order_acquire);
      if (next == nullptr) return nullptr;
      delete std::exchange(head_, next);
      read_ = 0;
    }
    return read_ < head_->filled.load(std::memory_order_acquire) ? &head_->items[read_] : nullptr;
  }

  void pop() { head_->items[read_++] = T{}; }

 private:
  static constexpr std::size_t kSlots = 64;

  struct Chunk {
    std::array<T, kSlots> items{};
    std::atomic<std::size_t> filled{0};
    std::atomic<Chunk*> next{nullptr};
  };

  // Each side's cursor on a cache line of its own, so that the two threads do not slow each other.
  alignas(64) Chunk* head_;
  std::size_t read_ = 0;
  alignas(64) Chunk* tail_;
  std::size_t write_ = 0;
};

}  // namespace tracerec::schema
