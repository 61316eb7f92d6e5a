// Descriptors of Unix sockets whose close was missed, because system calls were hooked only later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "record/event_source.h"

namespace tracerec::record {

// One thread.
class LateCalls {
 public:
  // To be called with each event before the hook is attached.
  void note(const tr_event& event);

  // To be called when it is attached: from here on each close is seen. `open`: the inode numbers of the sockets that
  // recorded processes have open.
  void on_attached(const std::set<std::uint64_t>& open);

  // To be called when all events that there were then have been handed over: a TR_CLOSE_FD for each descriptor that was
  // closed before.
  void report_closed(const EventHandler& handle);

 private:
  static constexpr std::size_t kMostDescriptors = 65536;  // more are open until their process ends
  bool is_attached_ = false;
  std::map<std::uint64_t, std::uint64_t> inodes_;  // by process << 32 | descriptor
  std::vector<std::uint64_t> closed_;              // of these
};

}  // namespace tracerec::record
