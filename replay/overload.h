// Notices that a target will never catch up with the schedule. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace tracerec::replay {

// A slow target makes requests late, and it may catch up: in a pause of the recording, or when it has warmed up. It
// will not when, in two periods one after the other, every request was sent later than the limit, and the least late
// one of the second no less late than that of the first. A single slow response delays one connection only: the others,
// being on time, begin the count anew.
class OverloadWatch {
 public:
  // Lateness is sent − intended. 0: never notices anything.
  explicit OverloadWatch(std::int64_t limit_ns);

  // A request is sent; `now_ns` from the start of the run.
  void sent(std::int64_t now_ns, std::int64_t lateness_ns);

  [[nodiscard]] bool hopeless() const { return hopeless_; }

  // One clause for people, when hopeless.
  [[nodiscard]] std::string reason() const;

 private:
  void begin_period(std::int64_t now_ns, std::int64_t lateness_ns);

  std::int64_t limit_ns_;
  std::int64_t period_ns_;
  std::int64_t began_ns_ = 0;
  std::int64_t least_ns_ = 0;          // of this period
  std::int64_t least_before_ns_ = -1;  // of the one before; -1: there is none
  bool counting_ = false;
  bool hopeless_ = false;
};

}  // namespace tracerec::replay
