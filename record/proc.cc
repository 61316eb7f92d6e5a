#include "record/proc.h"

#include <signal.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/read_file.h"

namespace tracerec::record {
namespace {

namespace fs = std::filesystem;

// Longer than any command line that execve takes (MAX_ARG_STRLEN × what fits on a stack), and than a line for each
// mapping that a process may have (vm.max_map_count).
constexpr std::size_t kMaxProcFileBytes = std::size_t{16} << 20;

std::optional<std::int64_t> to_pid(const std::string& text) {
  std::int64_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return pid;
}

// What follows the name in /proc/PID/stat (man 5 proc): "S 1234 …", state and parent first. The name may hold spaces
// and parentheses itself: start after the last one.
std::string stat_after_name(std::int64_t pid) {
  const std::string stat = read_proc_file("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t close = stat.rfind(')');
  return close == std::string::npos || close + 4 >= stat.size() ? std::string{} : stat.substr(close + 2);
}

constexpr std::int64_t kLargestPid = 1 << 22;        // PID_MAX_LIMIT, include/linux/threads.h
constexpr unsigned long kKernelThread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h

// The ninth field of /proc/PID/stat, the seventh after the name.
unsigned long flags_of(const std::string& after_name) {
  std::istringstream words(after_name);
  std::string skipped;
  for (int i = 0; i < 6; ++i) words >> skipped;
  unsigned long flags = 0;
  words >> flags;
  return flags;
}

std::optional<std::int64_t> parent_of(std::int64_t pid) {
  const std::string stat = stat_after_name(pid);
  if (stat.empty()) return std::nullopt;
  return to_pid(stat.substr(2, stat.find(' ', 2) - 2));
}

std::multimap<std::int64_t, std::int64_t> children_by_parent() {
  std::multimap<std::int64_t, std::int64_t> children;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", error)) {
    const auto pid = to_pid(entry.path().filename().string());
    if (!pid) continue;
    if (const auto parent = parent_of(*pid)) children.emplace(*parent, *pid);
  }
  return children;
}

}  // namespace

std::string read_proc_file(const std::string& path) {
  auto bytes = read_file(path, kMaxProcFileBytes);
  return bytes ? std::move(*bytes) : std::string();
}

bool process_exists(std::int64_t pid) {
  return pid > 0 && pid <= kLargestPid && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
}

bool process_runs(std::int64_t pid) {
  const std::string stat = stat_after_name(pid);
  return !stat.empty() && stat.front() != 'Z' && stat.front() != 'X';
}

Result<void> check_recordable(std::int64_t pid) {
  const std::string what = "pid " + std::to_string(pid);
  if (!process_exists(pid)) return Error{"no process has " + what + ": see ps or pgrep for the right one"};
  const std::string stat = stat_after_name(pid);
  if (stat.empty()) return {};  // /proc does not show it: it may still be recorded
  if (stat.front() == 'Z' || stat.front() == 'X') return Error{what + " has ended (it is a zombie): see ps"};
  if ((flags_of(stat) & kKernelThread) != 0) return Error{what + " is a thread of the kernel, and no process: see ps"};
  return {};
}

// Read out of the memory of the process; never out of files that it has mapped there, whose owner could keep the reader
// waiting (FOLL_ANON, since Linux 4.18).
std::string command_line(std::int64_t pid) {
  const std::string base = "/proc/" + std::to_string(pid);
  std::string line = read_proc_file(base + "/cmdline");
  while (!line.empty() && line.back() == '\0') line.pop_back();
  std::replace(line.begin(), line.end(), '\0', ' ');
  if (!line.empty()) return line;
  std::string name = read_proc_file(base + "/comm");
  while (!name.empty() && name.back() == '\n') name.pop_back();
  return "[" + name + "]";
}

// Not the owner of the folder: that is root's of a process that must not be looked into (PR_SET_DUMPABLE).
std::optional<unsigned> owner_of(std::int64_t pid) {
  const std::string status = read_proc_file("/proc/" + std::to_string(pid) + "/status");
  const std::size_t line = status.find("\nUid:\t");
  if (line == std::string::npos) return std::nullopt;
  unsigned user = 0;
  const char* digits = status.data() + line + 6;
  const auto [end, failed] = std::from_chars(digits, status.data() + status.size(), user);
  return failed == std::errc{} ? std::optional(user) : std::nullopt;
}

std::vector<std::int64_t> descendants(std::int64_t pid) {
  const auto children = children_by_parent();
  std::vector<std::int64_t> found;
  std::vector<std::int64_t> open{pid};
  while (!open.empty()) {
    const auto [first, last] = children.equal_range(open.back());
    open.pop_back();
    for (auto it = first; it != last; ++it) {
      found.push_back(it->second);
      open.push_back(it->second);
    }
  }
  return found;
}

std::optional<std::vector<std::uint64_t>> sockets_of(std::int64_t pid) {
  constexpr std::string_view kSocket = "socket:[";
  std::vector<std::uint64_t> inodes;
  std::error_code error;
  fs::directory_iterator entry("/proc/" + std::to_string(pid) + "/fd", error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    const std::string name = fs::read_symlink(entry->path(), gone).string();
    if (name.starts_with(kSocket)) inodes.push_back(std::strtoull(name.c_str() + kSocket.size(), nullptr, 10));
  }
  return error ? std::nullopt : std::optional(std::move(inodes));
}

namespace {

// /proc/PID/net/tcp and tcp6: "sl local_address rem_address st … inode", the address with its port in hexadecimal, the
// state 0A being TCP_LISTEN (man 5 proc).
void add_listening(const std::string& table, const std::vector<std::uint64_t>& own, std::set<std::uint16_t>& ports) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    unsigned port = 0, state = 0;
    unsigned long long inode = 0;
    const int read =
        std::sscanf(line.c_str(), " %*[^:]: %*[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*s %*s %llu", &port, &state, &inode);
    const bool listens = read == 3 && state == 0x0a && port <= UINT16_MAX;
    if (listens && std::find(own.begin(), own.end(), inode) != own.end())
      ports.insert(static_cast<std::uint16_t>(port));
  }
}

}  // namespace

std::optional<std::vector<std::uint16_t>> listening_ports(const std::vector<std::uint32_t>& pids) {
  std::set<std::uint16_t> ports;
  bool is_known = false;
  for (const std::uint32_t pid : pids) {
    const auto own = sockets_of(pid);
    if (!own) continue;
    is_known = true;
    for (const char* table : {"tcp", "tcp6"})
      add_listening(read_proc_file("/proc/" + std::to_string(pid) + "/net/" + table), *own, ports);
  }
  if (!is_known) return std::nullopt;
  return std::vector<std::uint16_t>(ports.begin(), ports.end());
}

// /proc/PID/net/unix: "Num RefCount Protocol Flags Type St Inode Path", Flags 00010000 is __SO_ACCEPTCON, Type 0001 a
// stream (man 5 proc).
bool listens_on_unix_socket(std::int64_t pid) {
  const auto own = sockets_of(pid);
  if (!own) return false;
  std::istringstream lines(read_proc_file("/proc/" + std::to_string(pid) + "/net/unix"));
  for (std::string line; std::getline(lines, line);) {
    unsigned flags = 0, type = 0;
    unsigned long long inode = 0;
    if (std::sscanf(line.c_str(), "%*s %*s %*s %x %x %*s %llu", &flags, &type, &inode) != 3) continue;
    const bool listens = (flags & 0x10000U) != 0 && type == 1;
    if (listens && std::find(own->begin(), own->end(), inode) != own->end()) return true;
  }
  return false;
}

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;  // man 5 proc: size, resident
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::string host_name_and_kernel() {
  utsname name{};
  ::uname(&name);
  return std::string(name.nodename) + " (" + name.sysname + " " + name.release + ")";
}

}  // namespace tracerec::record
