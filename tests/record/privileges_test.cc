// What the process may do after it has confined itself. Each test confines a child, since there is no way back.
#include "record/privileges.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace tracerec::record {
namespace {

bool holds_in_a_child(const std::function<bool()>& check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

constexpr Capabilities bit(int capability) {
  return Capabilities{1} << static_cast<unsigned>(capability);
}

TEST(Privileges, NobodyLooksIntoTheProcessAndItLeavesNoCore) {
  EXPECT_TRUE(holds_in_a_child([] {
    confine_process();
    rlimit core{1, 1};
    ::getrlimit(RLIMIT_CORE, &core);
    return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && core.rlim_max == 0 &&
           ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  }));
}

TEST(Privileges, RootKeepsWhatRecordingNeedsAndThenLess) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_TRUE(holds_in_a_child([] {
    const Capabilities before = effective_capabilities();
    confine_process();
    const Capabilities unneeded = bit(CAP_SYS_ADMIN) | bit(CAP_SYS_MODULE) | bit(CAP_NET_ADMIN) | bit(CAP_SETUID);
    const bool confined = (effective_capabilities() & unneeded) == 0;
    drop_privileges({true, false, false});
    const Capabilities expected =
        bit(CAP_BPF) | bit(CAP_PERFMON) | bit(CAP_SYS_PTRACE) | bit(CAP_DAC_READ_SEARCH) | bit(CAP_CHECKPOINT_RESTORE);
    return confined && effective_capabilities() == (expected & before);
  }));
}

TEST(Privileges, FeaturesThatAreOffNeedNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_TRUE(holds_in_a_child([] {
    drop_privileges({false, false, false});
    return (effective_capabilities() & (bit(CAP_PERFMON) | bit(CAP_CHECKPOINT_RESTORE) | bit(CAP_KILL))) == 0;
  }));
  EXPECT_TRUE(holds_in_a_child([] {
    drop_privileges({false, true, true});
    return (effective_capabilities() & bit(CAP_DAC_OVERRIDE)) != 0 && (effective_capabilities() & bit(CAP_KILL)) != 0;
  }));
  EXPECT_TRUE(holds_in_a_child([] {
    restrict_to_writing({true, false, false});
    return effective_capabilities() == 0;
  }));
}

TEST(Privileges, WhatIsMissingIsNamed) {
  EXPECT_TRUE(holds_in_a_child([] {
    restrict_to_writing({});
    return missing_capabilities() == "CAP_BPF and CAP_PERFMON" &&
           missing_for_others() == "CAP_SYS_PTRACE and CAP_CHECKPOINT_RESTORE and CAP_DAC_READ_SEARCH";
  }));
}

}  // namespace
}  // namespace tracerec::record
