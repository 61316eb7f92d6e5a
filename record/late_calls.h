// The hook on system calls, attached only once something turns up that is seen nowhere else.
#pragma once

#include <bpf/libbpf.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "record/event_source.h"

struct capture;  // capture.skel.h. NOLINT(readability-identifier-naming): bpftool names it after the file

namespace tracerec::record {

// One thread.
class LateCalls {
 public:
  // To be called with each event, before the hook is attached: descriptors of Unix sockets, whose close may be missed.
  void note(const tr_event& event);

  // When the kernel side asks for it (bpf/transfers.h, wants_calls): attaches on_sys_exit. Once.
  void attach_if_wanted(capture& skeleton);

  // To be called when all events that there were have been handed over: a TR_CLOSE_FD for each descriptor that was
  // closed before the hook was attached.
  void report_closed(const EventHandler& handle);

  void detach() { link_.reset(); }

 private:
  struct Detach {
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  };

  static constexpr std::size_t kMostDescriptors = 65536;  // more are open until their process ends
  bool is_done_ = false;
  std::unique_ptr<bpf_link, Detach> link_;
  std::map<std::uint64_t, std::uint64_t> inodes_;  // by process << 32 | descriptor
  std::vector<std::uint64_t> closed_;              // of these
};

}  // namespace tracerec::record
