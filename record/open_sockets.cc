#include "record/open_sockets.h"

#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

#include "record/proc.h"

namespace tracerec::record {
namespace {

// States of TCP (include/net/tcp_states.h), as bits.
constexpr std::uint32_t kListening = 1U << 10;
constexpr std::uint32_t kConnected =
    1U << 1 | 1U << 4 | 1U << 5 | 1U << 8;  // established, FIN_WAIT 1 and 2, CLOSE_WAIT

// A sender repeats a lost segment after 200 ms (TCP_RTO_MIN) and a little more.
constexpr std::uint32_t kQuietMs = 250;

using Ports = std::bitset<65536>;
using OnSocket = std::function<void(const inet_diag_msg&, const tcp_info*)>;

bool ask(int netlink, std::uint8_t family, std::uint32_t states) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 request;
  } message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = family;
  message.request.sdiag_protocol = IPPROTO_TCP;
  message.request.idiag_states = states;
  message.request.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  return ::send(netlink, &message, sizeof message, 0) == static_cast<ssize_t>(sizeof message);
}

// The kernel's struct may be shorter or longer than the one of this build.
std::optional<tcp_info> info_in(const nlmsghdr& message) {
  const auto* body = reinterpret_cast<const char*>(&message);
  std::size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(inet_diag_msg));
  while (at + sizeof(rtattr) <= message.nlmsg_len) {
    rtattr attribute{};
    std::memcpy(&attribute, body + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > message.nlmsg_len - at) return std::nullopt;
    if (attribute.rta_type == INET_DIAG_INFO) {
      tcp_info info{};
      std::memcpy(&info, body + at + RTA_LENGTH(0),
                  std::min<std::size_t>(sizeof info, attribute.rta_len - RTA_LENGTH(0)));
      return info;
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
  return std::nullopt;
}

enum class Read { kMore, kDone, kFailed };

Read take_message(const nlmsghdr& message, const OnSocket& on_socket) {
  if (message.nlmsg_type == NLMSG_DONE) return Read::kDone;
  // NLM_F_DUMP_INTR: the table changed meanwhile, and sockets may be missing.
  if (message.nlmsg_type != SOCK_DIAG_BY_FAMILY || (message.nlmsg_flags & NLM_F_DUMP_INTR) != 0) return Read::kFailed;
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg))) return Read::kFailed;
  inet_diag_msg socket{};
  std::memcpy(&socket, reinterpret_cast<const char*>(&message) + NLMSG_HDRLEN, sizeof socket);
  const auto info = info_in(message);
  on_socket(socket, info ? &*info : nullptr);
  return Read::kMore;
}

Read take_datagram(const char* bytes, std::size_t length, const OnSocket& on_socket) {
  Read read = Read::kMore;
  for (std::size_t at = 0; read == Read::kMore && at + sizeof(nlmsghdr) <= length;) {
    const auto* message = reinterpret_cast<const nlmsghdr*>(bytes + at);
    if (message->nlmsg_len < sizeof(nlmsghdr) || message->nlmsg_len > length - at) return Read::kFailed;
    read = take_message(*message, on_socket);
    at += NLMSG_ALIGN(message->nlmsg_len);
  }
  return read;
}

bool list(int netlink, std::uint8_t family, std::uint32_t states, const OnSocket& on_socket) {
  alignas(nlmsghdr) std::array<char, 32 << 10> room;  // a datagram of a dump has at most that (netlink_dump)
  if (!ask(netlink, family, states)) return false;
  for (;;) {
    const ssize_t length = ::recv(netlink, room.data(), room.size(), 0);
    if (length <= 0) return false;
    const Read read = take_datagram(room.data(), static_cast<std::size_t>(length), on_socket);
    if (read != Read::kMore) return read == Read::kDone;
  }
}

UniqueFd open_netlink() {
  UniqueFd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  const timeval patience{1, 0};  // the kernel answers at once
  if (netlink.valid()) ::setsockopt(netlink.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return netlink;
}

UniqueFd open_namespace(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

ino_t number_of(const UniqueFd& file) {
  struct stat found {};
  return file.valid() && ::fstat(file.get(), &found) == 0 ? found.st_ino : 0;
}

// A netlink socket of that network namespace; invalid where this process may not enter it.
UniqueFd netlink_in(const UniqueFd& wanted, const UniqueFd& own) {
  if (number_of(wanted) == number_of(own)) return open_netlink();
  if (::setns(wanted.get(), CLONE_NEWNET) != 0) return {};
  UniqueFd netlink = open_netlink();
  if (::setns(own.get(), CLONE_NEWNET) != 0) return {};
  return netlink;
}

bool list_all(int netlink, const OnSocket& on_listening, const OnSocket& on_connected) {
  constexpr std::array<std::uint8_t, 2> kFamilies = {AF_INET, AF_INET6};
  bool whole = true;
  for (const std::uint8_t family : kFamilies) whole &= list(netlink, family, kListening, on_listening);
  for (const std::uint8_t family : kFamilies) whole &= list(netlink, family, kConnected, on_connected);
  return whole;
}

}  // namespace

LastMoved last_moved(const tcp_info& info, std::uint32_t unread_bytes) {
  if (info.tcpi_bytes_received == 0 && info.tcpi_bytes_sent == 0) return LastMoved::kNothing;
  if (unread_bytes > 0 || info.tcpi_bytes_sent == 0) return LastMoved::kReceived;
  if (info.tcpi_bytes_received == 0) return LastMoved::kSent;
  if (info.tcpi_last_data_sent != info.tcpi_last_data_recv) {
    return info.tcpi_last_data_sent < info.tcpi_last_data_recv ? LastMoved::kSent : LastMoved::kReceived;
  }
  return info.tcpi_last_data_sent >= kQuietMs ? LastMoved::kEither : LastMoved::kUnknown;
}

void OpenSockets::add_process(std::uint32_t tgid, const std::vector<std::uint64_t>& inodes) {
  const bool at_rest = std::all_of(inodes.begin(), inodes.end(), [this](std::uint64_t inode) {
    const auto found = sockets_.find(inode);
    if (found == sockets_.end() || !found->second.accepted) return true;
    return found->second.last != LastMoved::kReceived && found->second.last != LastMoved::kUnknown;
  });
  if (at_rest) processes_at_rest_.insert(tgid);
  for (const std::uint64_t inode : inodes) sockets_.try_emplace(inode);  // of another namespace: nothing is known
}

OpenSocket OpenSockets::before(const tr_event& first) const {
  if (at_ns_ == 0 || static_cast<std::int64_t>(first.time_ns) <= at_ns_) return {};
  if ((first.flags & TR_TLS) != 0 && first.inode == 0 && processes_at_rest_.contains(first.tgid))
    return {LastMoved::kEither};
  const bool tcp = first.family == AF_INET || first.family == AF_INET6;
  if ((!tcp && first.family != AF_UNIX) || first.inode == 0) return {};
  if (const auto found = sockets_.find(first.inode); found != sockets_.end()) return found->second;
  return {(tcp ? whole_ : knows_processes_) ? LastMoved::kNothing : LastMoved::kUnknown};
}

SocketDiagnosis SocketDiagnosis::open(const std::vector<std::int64_t>& pids) {
  SocketDiagnosis diagnosis;
  const UniqueFd own = open_namespace("/proc/self/ns/net");
  std::set<ino_t> known;
  for (const std::int64_t pid : pids) {
    const UniqueFd wanted = open_namespace("/proc/" + std::to_string(pid) + "/ns/net");
    if (const ino_t number = number_of(wanted); number != 0 && !known.insert(number).second) continue;
    UniqueFd netlink = wanted.valid() ? netlink_in(wanted, own) : UniqueFd{};
    if (netlink.valid()) {
      diagnosis.namespaces_.push_back(std::move(netlink));
    } else {
      diagnosis.whole_ = false;
    }
  }
  return diagnosis;
}

OpenSockets SocketDiagnosis::read(const Clock& clock, const std::vector<std::uint32_t>& recorded) const {
  std::vector<std::pair<std::uint64_t, OpenSocket>> found;
  bool whole = whole_;
  for (const UniqueFd& netlink : namespaces_) {
    Ports listened;
    const auto port_of = [](const inet_diag_msg& socket) { return ntohs(socket.id.idiag_sport); };
    const auto on_connected = [&](const inet_diag_msg& socket, const tcp_info* info) {
      if (socket.idiag_inode == 0) return;  // nobody's any more
      const LastMoved last = info != nullptr ? last_moved(*info, socket.idiag_rqueue) : LastMoved::kUnknown;
      found.emplace_back(socket.idiag_inode, OpenSocket{last, listened[port_of(socket)]});
    };
    whole &= list_all(
        netlink.get(), [&](const inet_diag_msg& socket, const tcp_info*) { listened.set(port_of(socket)); },
        on_connected);
  }
  OpenSockets sockets(clock.boot_ns(), whole);
  for (const auto& [inode, socket] : found) sockets.add(inode, socket);
  for (const std::uint32_t pid : recorded) {
    if (const auto inodes = sockets_of(pid)) {
      sockets.add_process(pid, *inodes);
    } else {
      sockets.add_unknown_process();
    }
  }
  return sockets;
}

}  // namespace tracerec::record
