#include "record/kernel.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "record/load_error.h"

namespace tracerec::record {
namespace {

TEST(KernelRelease, TheVersionIsItsFirstTwoNumbers) {
  EXPECT_EQ(parse_kernel_release("6.1.0-56-amd64"), (KernelVersion{6, 1}));
  EXPECT_EQ(parse_kernel_release("6.12.117+deb12-amd64"), (KernelVersion{6, 12}));
  EXPECT_EQ(parse_kernel_release("6.18"), (KernelVersion{6, 18}));
  EXPECT_EQ(parse_kernel_release("7.0-rc1"), (KernelVersion{7, 0}));
}

TEST(KernelRelease, OtherTextHasNone) {
  for (const char* text : {"", "6", "6.", ".1", "six.one", "99999999999.1", "6,1"}) {
    EXPECT_FALSE(parse_kernel_release(text)) << text;
  }
}

TEST(KernelRelease, OlderThanSixOneIsRefusedInOneLineThatNamesWhatIsNeeded) {
  for (const char* old : {"2.6.60-6.1", "4.19.0", "5.10.0-30-amd64", "5.17.1", "6.0.19"}) {
    const auto checked = check_kernel_release(old);
    ASSERT_FALSE(checked) << old;
    EXPECT_NE(checked.error().message.find(old), std::string::npos) << checked.error().message;
    EXPECT_NE(checked.error().message.find("Linux 6.1 or newer"), std::string::npos) << checked.error().message;
  }
  for (const char* fine : {"6.1.0-56-amd64", "6.12.1", "6.18.44", "10.0", "something else"}) {
    EXPECT_TRUE(check_kernel_release(fine)) << fine;
  }
}

// What libbpf 1.1 prints on Debian's 6.1.0-56 for a program whose stack is too deep.
constexpr const char* kRefused =
    "prog 'on_tls_return': BPF program load failed: Permission denied\n"
    "prog 'on_tls_return': -- BEGIN PROG LOAD LOG --\n"
    "Validating send_hole() func#6...\n"
    "combined stack size of 6 calls is 544. Too large\n"
    "verification time 1310 usec\n"
    "stack depth 80+224+32+48+8+0\n"
    "processed 55940 insns (limit 1000000) max_states_per_insn 65 total_states 1527 peak_states 380 mark_read 54\n"
    "-- END PROG LOAD LOG --\n"
    "prog 'on_tls_return': failed to load: -13\n"
    "failed to load object 'capture'\n";

LoadFailure failure(int error, const char* libbpf = "") {
  LoadFailure failed;
  failed.error = error;
  failed.libbpf = libbpf;
  failed.kernel = "6.1.0-56-amd64";
  return failed;
}

TEST(LoadError, ARefusalNamesTheProgramTheReasonAndTheKernelAndNotThePrivilege) {
  for (const int error : {EACCES, EPERM, EINVAL, E2BIG}) {
    const std::string text = explain_load_failure(failure(error, kRefused)).message;
    EXPECT_NE(text.find("on_tls_return"), std::string::npos) << text;
    EXPECT_NE(text.find("combined stack size of 6 calls is 544. Too large"), std::string::npos) << text;
    EXPECT_NE(text.find("6.1.0-56-amd64"), std::string::npos) << text;
    EXPECT_NE(text.find("Linux 6.1 or newer"), std::string::npos) << text;
    EXPECT_EQ(text.find("root"), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }
}

TEST(LoadError, ARefusalWithoutLinesOrWithACutLogIsStillOneLine) {
  for (const char* log :
       {"-- BEGIN PROG LOAD LOG --", "' -- BEGIN PROG LOAD LOG --\n\n\n", "'x' -- BEGIN PROG LOAD LOG --\nR1 bad",
        "prog 'x': -- BEGIN PROG LOAD LOG --\n\x1b[2J\n-- END PROG LOAD LOG --"}) {
    const std::string text = explain_load_failure(failure(EINVAL, log)).message;
    EXPECT_NE(text.find("the verifier"), std::string::npos) << text;
    EXPECT_EQ(text.find_first_of("\n\x1b"), std::string::npos) << text;
  }
}

TEST(LoadError, WithoutPrivilegeItSaysWhichIsMissing) {
  LoadFailure failed = failure(EPERM, "Error in bpf_object__probe_loading():Operation not permitted(1)\n");
  failed.is_privileged = false;
  EXPECT_NE(explain_load_failure(failed).message.find("CAP_BPF and CAP_PERFMON"), std::string::npos);
}

TEST(LoadError, PrivilegedAndStillNotPermittedIsNotCalledALackOfRoot) {
  const std::string text = explain_load_failure(failure(EPERM)).message;
  EXPECT_EQ(text.find("run as root"), std::string::npos) << text;
  EXPECT_NE(text.find("seccomp"), std::string::npos) << text;
}

constexpr const char* kLockedDown =
    "prog 'on_io_uring': -- BEGIN PROG LOAD LOG --\n0: (85) call bpf_probe_read#4\nunknown func bpf_probe_read#4\n"
    "processed 12 insns (limit 1000000)\n-- END PROG LOAD LOG --\n";

TEST(LoadError, KernelLockdownIsNamedAndNotTakenForAFaultOfAProgram) {
  LoadFailure failed = failure(EPERM, kLockedDown);
  for (const char* mode : {"confidentiality", ""}) {
    failed.lockdown = mode;
    const std::string text = explain_load_failure(failed).message;
    EXPECT_NE(text.find("lockdown=confidentiality"), std::string::npos) << text;
    EXPECT_EQ(text.find("report"), std::string::npos) << text;
  }
}

TEST(LoadError, ACompilerThatIsSwitchedOffIsNamed) {
  LoadFailure failed = failure(EINVAL,
                               "prog 'on_go_tls_return': -- BEGIN PROG LOAD LOG --\n"
                               "callbacks are not allowed in non-JITed programs\n-- END PROG LOAD LOG --\n");
  EXPECT_NE(explain_load_failure(failed).message.find("bpf_jit_enable=1"), std::string::npos);
  failed.libbpf = kRefused;
  failed.jit_is_off = true;
  EXPECT_NE(explain_load_failure(failed).message.find("bpf_jit_enable=1"), std::string::npos);
}

TEST(LoadError, TooManyOpenFilesIsNoRefusalWhateverTheLogSays) {
  const std::string text = explain_load_failure(failure(EMFILE, kRefused)).message;
  EXPECT_NE(text.find("ulimit -n"), std::string::npos) << text;
  EXPECT_EQ(text.find("verifier"), std::string::npos) << text;
}

TEST(LoadError, AUserNamespaceIsNamed) {
  LoadFailure failed = failure(EPERM);
  failed.is_privileged = false;
  failed.in_user_namespace = true;
  EXPECT_NE(explain_load_failure(failed).message.find("user namespace"), std::string::npos);
}

TEST(LoadError, AdviceOfLibbpfThatNoLongerHoldsIsLeftOut) {
  const std::string text =
      explain_load_failure(failure(ENOSYS, "Failed to bump RLIMIT_MEMLOCK (err = -38), you might need to do it\n"))
          .message;
  EXPECT_EQ(text.find("MEMLOCK"), std::string::npos) << text;
  EXPECT_NE(text.find("seccomp"), std::string::npos) << text;
}

TEST(LoadError, WithoutBtfThatIsTheCause) {
  LoadFailure failed = failure(ESRCH);
  failed.has_btf = false;
  EXPECT_NE(explain_load_failure(failed).message.find("CONFIG_DEBUG_INFO_BTF"), std::string::npos);
}

TEST(LoadError, AnythingElseShowsWhatLibbpfSaidFirst) {
  const std::string text =
      explain_load_failure(failure(ESRCH, "failed to find kernel BTF type ID of 'x': -3\nmore\n")).message;
  EXPECT_NE(text.find("BTF type ID of 'x'"), std::string::npos) << text;
  EXPECT_EQ(text.find("more"), std::string::npos) << text;
}

}  // namespace
}  // namespace tracerec::record
