// Processes that do not want to be looked at.
#include "record/proc.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tracerec::record {
namespace {

// The arguments of this process stand from now on in a page that nobody fills. False: the kernel does not let it.
bool hide_arguments() {
  constexpr std::size_t kBytes = 4096;
  const auto fd = static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC));
  void* page = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const auto start = reinterpret_cast<std::uintptr_t>(page);
  uffdio_api api{};
  api.api = UFFD_API;
  uffdio_register region{};
  region.range = {start, kBytes};
  region.mode = UFFDIO_REGISTER_MODE_MISSING;
  return fd >= 0 && ::ioctl(fd, UFFDIO_API, &api) == 0 && ::ioctl(fd, UFFDIO_REGISTER, &region) == 0 &&
         ::prctl(PR_SET_MM, PR_SET_MM_ARG_START, start, 0, 0) == 0 &&
         ::prctl(PR_SET_MM, PR_SET_MM_ARG_END, start + 100, 0, 0) == 0;
}

TEST(Proc, ACommandLineThatIsNeverThereIsNotWaitedFor) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const char done = hide_arguments() ? 1 : 0;
    if (::write(ready[1], &done, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char done = 0;
  ASSERT_EQ(::read(ready[0], &done, 1), 1);
  if (done == 1) {
    EXPECT_EQ(command_line(child), "[record_test]");
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  if (done == 0) GTEST_SKIP() << "no userfaultfd for this user here";
}

TEST(Proc, TheOwnerIsWhoRunsTheProcess) {
  EXPECT_EQ(owner_of(::getpid()), ::getuid());
  EXPECT_EQ(owner_of(0), std::nullopt);
}

TEST(Proc, ANumberBeyondThatOfAProcessIsNone) {
  EXPECT_FALSE(process_exists(4'294'967'297));
  EXPECT_FALSE(process_exists(-1));
}

}  // namespace
}  // namespace tracerec::record
