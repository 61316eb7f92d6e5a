// Waits for the disk as long as that costs nothing.
#pragma once

#include <chrono>

#include "record/event_source.h"
#include "schema/store.h"

namespace tracerec::record {

// Commands that the queue of `store` has no room for wait, while the source has room for what comes meanwhile: a burst
// is then held in the ring of the kernel instead of being lost. One thread, the one that reads the source. Both must
// outlive it.
class PatientStore final : public schema::Store {
 public:
  // A queue that does not move for that long has a disk that hangs: nothing waits for it any more until it takes a
  // command.
  static constexpr std::chrono::milliseconds kLongest{5000};

  PatientStore(schema::Store& store, const EventSource& source, std::chrono::milliseconds longest = kLongest)
      : store_(store), source_(source), longest_(longest) {}

  // False also when the ring of the source is filling.
  [[nodiscard]] bool submit(schema::Command&& command) override;
  [[nodiscard]] std::size_t queued_bytes() const override { return store_.queued_bytes(); }
  [[nodiscard]] std::string error() const override { return store_.error(); }

 private:
  [[nodiscard]] bool try_once(schema::Command& command);
  [[nodiscard]] bool submit_late(schema::Command& command);

  schema::Store& store_;
  const EventSource& source_;
  std::chrono::milliseconds longest_;
  bool is_stuck_ = false;
};

}  // namespace tracerec::record
