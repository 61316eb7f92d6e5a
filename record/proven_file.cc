#include "record/proven_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

namespace tracerec::record {
namespace {

constexpr std::uint32_t kInitialUserNamespace = 0xEFFFFFFD;  // PROC_USER_INIT_INO, include/linux/proc_ns.h

// linux/magic.h, and where it does not say: fs/zfs (0x2fc12fc1), fs/f2fs.
constexpr std::uint32_t kOverlay = 0x794c7630;
constexpr std::array<std::uint32_t, 12> kTrusted = {
    0xEF53,      // ext2, ext3, ext4
    0x58465342,  // xfs
    0x9123683E,  // btrfs
    0xF2F52010,  // f2fs
    0xCA451A4E,  // bcachefs
    0x2FC12FC1,  // zfs
    0x52654973,  // reiserfs
    0x01021994,  // tmpfs
    0x858458F6,  // ramfs, and the first root of a machine
    0x73717368,  // squashfs
    0xE0F5E1E2,  // erofs
    0x9660,      // iso9660
};

std::uint64_t to_ns(const statx_timestamp& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + time.tv_nsec;
}

// glibc has no wrapper for it.
UniqueFd open_at(int folder, const char* path, std::uint64_t resolve) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = resolve;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, folder, path, &how, sizeof how)));
}

UniqueFd locate_slowly(const std::shared_ptr<UniqueFd>& root, const std::string& path, std::uint64_t resolve,
                       HelperThread& helper) {
  constexpr auto kPatience = std::chrono::milliseconds(20);
  const auto found = std::make_shared<UniqueFd>();
  const auto look = [=] { *found = open_at(root->get(), path.c_str(), resolve); };
  return helper.run(look, kPatience) ? std::move(*found) : UniqueFd();
}

}  // namespace

bool is_trusted(const tr_file_system& where) {
  if (where.magic == kOverlay) return where.user_namespace == kInitialUserNamespace;
  return std::find(kTrusted.begin(), kTrusted.end(), where.magic) != kTrusted.end();
}

std::optional<FileFacts> facts_of(int fd) {
  struct statx found {};
  constexpr unsigned kWanted = STATX_BASIC_STATS | STATX_MNT_ID;
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, kWanted, &found) != 0) return std::nullopt;
  FileFacts facts;
  facts.regular = S_ISREG(found.stx_mode);
  facts.inode = found.stx_ino;
  facts.device = found.stx_dev_major << 20U | found.stx_dev_minor;
  facts.mount = (found.stx_mask & STATX_MNT_ID) != 0 ? found.stx_mnt_id : 0;
  facts.links = found.stx_nlink;
  facts.size = found.stx_size;
  facts.mtime_ns = to_ns(found.stx_mtime);
  facts.ctime_ns = to_ns(found.stx_ctime);
  return facts;
}

bool is_file(const FileFacts& facts, std::uint64_t inode, const tr_file_system& where) {
  const bool same_file_system =
      facts.device == where.device || (where.mount != 0 && facts.mount == std::uint64_t{where.mount});
  return facts.regular && facts.inode == inode && same_file_system;
}

UniqueFd locate_descriptor(std::uint32_t tgid, int fd) {
  const std::string link = "/proc/" + std::to_string(tgid) + "/fd/" + std::to_string(fd);
  return UniqueFd(::open(link.c_str(), O_PATH | O_CLOEXEC));
}

UniqueFd locate_path(std::uint32_t tgid, const std::string& path, HelperThread& helper) {
  constexpr std::uint64_t kResolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const std::string link = "/proc/" + std::to_string(tgid) + "/root";
  const auto root = std::make_shared<UniqueFd>(::open(link.c_str(), O_PATH | O_CLOEXEC | O_DIRECTORY));
  if (!root->valid()) return {};
  UniqueFd found = open_at(root->get(), path.c_str(), kResolve | RESOLVE_CACHED);
  return found.valid() || errno != EAGAIN ? std::move(found) : locate_slowly(root, path, kResolve, helper);
}

UniqueFd open_located(const UniqueFd& located) {
  const std::string link = "/proc/self/fd/" + std::to_string(located.get());
  return UniqueFd(::open(link.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

}  // namespace tracerec::record
