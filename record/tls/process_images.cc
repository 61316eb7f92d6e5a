#include "record/tls/process_images.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "record/proc.h"
#include "record/proven_file.h"

namespace tracerec::record {
namespace {

std::string process_folder(std::int64_t pid) {
  return "/proc/" + std::to_string(pid);
}

std::string why() {
  return std::generic_category().message(errno);
}

// man 5 proc: a map_files entry is the mapped file itself, but needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN; the path
// below the process's root is the next best.
UniqueFd locate(std::int64_t pid, const ProcessImage& image, HelperThread& helper) {
  const std::string direct = process_folder(pid) + "/map_files/" + image.range;
  UniqueFd found(::open(direct.c_str(), O_PATH | O_CLOEXEC));
  if (found.valid()) return found;
  found = locate_path(static_cast<std::uint32_t>(pid), image.path, helper);
  const auto facts = found.valid() ? facts_of(found.get()) : std::nullopt;
  return facts && facts->inode == image.inode ? std::move(found) : UniqueFd();
}

bool shares_user_namespace(std::int64_t pid) {
  struct stat own {
  }, other{};
  return ::stat("/proc/self/ns/user", &own) == 0 && ::stat((process_folder(pid) + "/ns/user").c_str(), &other) == 0 &&
         own.st_ino == other.st_ino;
}

// From a line of /proc/PID/mountinfo (man 5 proc): the mount's number first, the type after " - ".
std::optional<std::string> type_in(const std::string& line, std::uint64_t mount) {
  std::istringstream words(line);
  std::uint64_t number = 0;
  if (!(words >> number) || number != mount) return std::nullopt;
  const std::size_t dash = line.find(" - ");
  if (dash == std::string::npos) return std::nullopt;
  const std::string rest = line.substr(dash + 3);
  return rest.substr(0, rest.find(' '));
}

// Not by fstatfs(2), which asks the server of the file system. Empty: it is not among the mounts of the process.
std::string file_system_of(std::int64_t pid, std::uint64_t mount) {
  std::istringstream lines(read_proc_file(process_folder(pid) + "/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    if (auto type = type_in(line, mount)) return *type;
  }
  return {};
}

// An overlay that was mounted in a user namespace of the process's own may lie over FUSE.
bool is_served_here(const std::string& type, std::int64_t pid) {
  constexpr std::array<std::string_view, 14> kTypes = {"ext2",  "ext3",     "ext4",  "xfs",      "btrfs",
                                                       "f2fs",  "bcachefs", "zfs",   "reiserfs", "tmpfs",
                                                       "ramfs", "squashfs", "erofs", "iso9660"};
  if (type == "overlay") return shares_user_namespace(pid);
  return type == "rootfs" || std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

std::optional<ProcessImage> parse_mapping(const std::string& line) {
  std::istringstream words(line);
  std::string rights, offset;
  ProcessImage image;
  if (!(words >> image.range >> rights >> offset >> image.device >> image.inode) || image.inode == 0) return {};
  if (rights.size() < 3 || rights[2] != 'x') return {};
  std::getline(words >> std::ws, image.path);
  return image;
}

}  // namespace

std::vector<ProcessImage> process_images(std::int64_t pid) {
  std::istringstream lines(read_proc_file(process_folder(pid) + "/maps"));
  std::vector<ProcessImage> images;
  std::set<std::pair<std::string, std::uint64_t>> seen;
  for (std::string line; images.size() < kMostImages && std::getline(lines, line);) {
    auto image = parse_mapping(line);
    if (image && seen.emplace(image->device, image->inode).second) images.push_back(std::move(*image));
  }
  return images;
}

bool is_reachable(std::int64_t pid, const ProcessImage& image, HelperThread& helper) {
  const UniqueFd located = locate(pid, image, helper);
  if (!located.valid()) return false;
  const std::string link = "/proc/self/fd/" + std::to_string(located.get());
  const auto facts = facts_of(located.get());
  return facts && (!facts->regular || !is_served_here(file_system_of(pid, facts->mount), pid) ||
                   ::access(link.c_str(), R_OK) == 0);
}

Result<UniqueFd> open_image(std::int64_t pid, const ProcessImage& image, HelperThread& helper) {
  const UniqueFd located = locate(pid, image, helper);
  const auto facts = located.valid() ? facts_of(located.get()) : std::nullopt;
  if (!facts) return Error{"it cannot be found: " + why()};
  if (!facts->regular) return Error{"it is not a regular file"};
  const std::string type = file_system_of(pid, facts->mount);
  if (!is_served_here(type, pid)) {
    return Error{"it is on a file system whose owner could keep a reader waiting (" +
                 (type.empty() ? "of another mount namespace" : printable(type, 40)) + ")"};
  }
  UniqueFd opened = open_located(located);
  if (!opened.valid()) return Error{"it cannot be opened: " + why()};
  return opened;
}

}  // namespace tracerec::record
