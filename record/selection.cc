#include "record/selection.h"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bpf/wire.h"
#include "record/container_group.h"
#include "record/proc.h"

namespace tracerec::record {
namespace {

namespace fs = std::filesystem;

constexpr long kCgroup2Magic = 0x63677270;           // linux/magic.h
constexpr std::uint32_t kInitialPidNs = 0xEFFFFFFC;  // include/linux/proc_ns.h: PROC_PID_INIT_INO

bool is_cgroup2(const fs::path& folder) {
  struct statfs found {};
  return ::statfs(folder.c_str(), &found) == 0 && found.f_type == kCgroup2Magic;
}

// Where version 2 is mounted: at the usual place, or beside version 1.
fs::path cgroup2_root() {
  for (const char* place : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    if (is_cgroup2(place)) return place;
  }
  return {};
}

Result<fs::path> find_folder(const fs::path& root, const std::string& name) {
  std::error_code error;
  const fs::path given(name);
  if (given.is_absolute() && is_cgroup2(given)) return given.lexically_normal();
  const fs::path below = root / given.relative_path();
  if (fs::is_directory(below, error)) return below.lexically_normal();
  ContainerPlaces places;
  places.groups = root;
  const std::vector<fs::path> found = container_groups(places, name);
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return Error{"no control group " + name + " below " + root.string() +
                 ": give a container's id, its name in Docker or podman, a pod's uid, or the path that cat "
                 "/proc/PID/cgroup of a process in it shows"};
  }
  return Error{std::to_string(found.size()) + " control groups match " + name + " (" + found[0].string() + ", " +
               found[1].string() + ", …): give the whole path"};
}

std::vector<std::int64_t> numbers_in(const fs::path& file) {
  std::ifstream lines(file);
  return {std::istream_iterator<std::int64_t>(lines), {}};
}

}  // namespace

Result<Cgroup> find_cgroup(const std::string& name) {
  const fs::path root = cgroup2_root();
  if (root.empty()) {
    return Error{"--cgroup needs control groups of version 2, and none are mounted at /sys/fs/cgroup: use --pid"};
  }
  auto folder = find_folder(root, name);
  if (!folder) return folder.error();
  fs::path relative = folder->lexically_relative(root);
  if (!relative.has_filename()) relative = relative.parent_path();
  struct stat entry {};
  if (::stat(folder->c_str(), &entry) != 0) return Error{"no control group " + folder->string()};
  const auto depth = relative == "." ? 0 : std::distance(relative.begin(), relative.end());
  return Cgroup{entry.st_ino, static_cast<int>(depth), folder->string()};
}

std::vector<std::int64_t> processes_in(const Cgroup& group) {
  std::vector<std::int64_t> pids = numbers_in(fs::path(group.folder) / "cgroup.procs");
  std::error_code error;
  for (fs::recursive_directory_iterator it(group.folder, error), end; !error && it != end; it.increment(error)) {
    if (!it->is_directory(error)) continue;
    const std::vector<std::int64_t> more = numbers_in(it->path() / "cgroup.procs");
    pids.insert(pids.end(), more.begin(), more.end());
  }
  pids.erase(std::remove(pids.begin(), pids.end(), 0), pids.end());  // of another pid namespace
  return pids;
}

std::string kernel_name(const std::string& name) {
  return name.substr(0, TR_NAME_BYTES - 1);
}

NamedProcesses processes_named(const std::string& name, std::optional<unsigned> user) {
  NamedProcesses found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", error)) {
    const std::string text = entry.path().filename().string();
    std::int64_t pid = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (failed != std::errc{} || end != text.data() + text.size()) continue;
    if (read_proc_file(entry.path() / "comm") != kernel_name(name) + "\n") continue;
    if (user && owner_of(pid) != user) {
      ++found.of_others;
    } else {
      found.pids.push_back(pid);
    }
  }
  return found;
}

std::uint32_t own_pid_namespace() {
  struct stat entry {};
  if (::stat("/proc/self/ns/pid", &entry) != 0) return 0;
  const auto inode = static_cast<std::uint32_t>(entry.st_ino);
  return inode == kInitialPidNs ? 0 : inode;
}

}  // namespace tracerec::record
