#include "ui/reader_pool.h"

#include <utility>

namespace tracerec::ui {

Result<ReaderPool::Lease> ReaderPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Lease lease(idle_.back().release(), GiveBack{this});
      idle_.pop_back();
      return lease;
    }
  }
  auto opened = schema::Reader::open(source_);
  if (!opened) return opened.error();
  return Lease(opened->release(), GiveBack{this});
}

void ReaderPool::give_back(std::unique_ptr<schema::Reader> reader) {
  const std::lock_guard lock(mutex_);
  if (holds_ > 0) idle_.push_back(std::move(reader));
}

ReaderPool::Hold::Hold(ReaderPool& pool) : pool_(pool) {
  const std::lock_guard lock(pool.mutex_);
  ++pool.holds_;
}

ReaderPool::Hold::~Hold() {
  std::vector<std::unique_ptr<schema::Reader>> closing;
  const std::lock_guard lock(pool_.mutex_);
  if (--pool_.holds_ == 0) closing.swap(pool_.idle_);
}

}  // namespace tracerec::ui
