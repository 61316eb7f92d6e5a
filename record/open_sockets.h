// What the kernel knew of the connections that were open before the recorder came: whether a request was under way.
//
// The first bytes that are seen of such a connection may lie inside of an upload, and an upload may hold anything, also
// what looks like requests. Which side's bytes moved last tells the two apart: on an idle connection the server's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "bpf/wire.h"

struct tcp_info;  // NOLINT(readability-identifier-naming): the kernel's name

namespace tracerec::record {

// As the process sees it. kNothing: it is new. kEither: both in the same moment, and neither for a while.
enum class LastMoved : std::uint8_t { kUnknown, kNothing, kReceived, kSent, kEither };

struct OpenSocket {
  LastMoved last = LastMoved::kUnknown;
  bool accepted = false;  // it is certain that the process is the server: the local port is one that is listened on
};

// `unread_bytes` are in the receive queue. The kernel keeps the times in ticks (1 to 10 ms), so that a request and a
// quick response have the same: that is kEither when nothing came for a quarter of a second, and else not known.
[[nodiscard]] LastMoved last_moved(const tcp_info& info, std::uint32_t unread_bytes);

// The sockets of a moment, by inode number; 8 bytes each. One thread.
class OpenSockets {
 public:
  // Nothing is known: of every connection that was open before.
  OpenSockets() = default;

  // A list of the moment `at_ns` (CLOCK_BOOTTIME). `whole`: a TCP socket that is not in it came later.
  OpenSockets(std::int64_t at_ns, bool whole) : at_ns_(at_ns), whole_(whole) {}

  void add(std::uint64_t inode, const OpenSocket& socket) { sockets_[inode] = socket; }

  // Notes that this process has these sockets open. A TLS session whose socket is not known is at rest when no accepted
  // one of its process has a request under way. A socket that the list has not is of another network namespace than its
  // process is in now, and did not come later.
  void add_process(std::uint32_t tgid, const std::vector<std::uint64_t>& inodes);

  // Notes that the sockets of a recorded process are not known. Of Unix sockets, which the list has by their process
  // only, none is known to have come later then.
  void add_unknown_process() { knows_processes_ = false; }

  // Of the connection whose first event this is. What moved before the list was made is in it already, so that it says
  // nothing about such an event.
  [[nodiscard]] OpenSocket before(const tr_event& first) const;

 private:
  std::int64_t at_ns_ = 0;
  bool whole_ = false;
  bool knows_processes_ = true;
  boost::unordered_flat_map<std::uint64_t, OpenSocket> sockets_;
  boost::unordered_flat_set<std::uint32_t> processes_at_rest_;
};

// Asks the kernel (sock_diag(7)) for the TCP sockets of network namespaces.
class SocketDiagnosis {
 public:
  // Of the namespaces of these processes. Those that this process may not enter (CAP_SYS_ADMIN) are left out, which
  // makes the list less than whole. Changes the thread's namespace meanwhile.
  [[nodiscard]] static SocketDiagnosis open(const std::vector<std::int64_t>& pids);

  // To be called when the processes are recorded already: nothing may move unseen after it. `recorded`: whose sockets
  // are told apart, where /proc/PID/fd can be read. Needs no other rights.
  [[nodiscard]] OpenSockets read(const Clock& clock, const std::vector<std::uint32_t>& recorded) const;

 private:
  std::vector<UniqueFd> namespaces_;  // a netlink socket in each
  bool whole_ = true;
};

}  // namespace tracerec::record
