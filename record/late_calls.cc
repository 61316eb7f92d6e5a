#include "record/late_calls.h"

#include <sys/socket.h>

#include <utility>

#include "base/clock.h"

namespace tracerec::record {

void LateCalls::note(const tr_event& event) {
  const bool of_unix_socket = (event.kind == TR_DATA || event.kind == TR_HOLE) && event.family == AF_UNIX;
  if (is_attached_ || !of_unix_socket || event.fd < 0 || inodes_.size() >= kMostDescriptors) return;
  inodes_[std::uint64_t{event.tgid} << 32 | static_cast<std::uint32_t>(event.fd)] = event.inode;
}

void LateCalls::on_attached(const std::set<std::uint64_t>& open) {
  is_attached_ = true;
  for (const auto& [owner, inode] : inodes_) {
    if (!open.contains(inode)) closed_.push_back(owner);
  }
  inodes_.clear();
}

void LateCalls::report_closed(const EventHandler& handle) {
  for (const std::uint64_t owner : std::exchange(closed_, {})) {
    tr_event closed{};
    closed.kind = TR_CLOSE_FD;
    closed.tgid = static_cast<std::uint32_t>(owner >> 32);
    closed.fd = static_cast<std::int32_t>(owner & 0xffffffff);
    closed.time_ns = static_cast<std::uint64_t>(SystemClock().boot_ns());
    handle({closed, {}});
  }
}

}  // namespace tracerec::record
