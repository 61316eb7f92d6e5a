// tracerec doctor
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "base/unique_fd.h"
#include "cli/command.h"
#include "cli/whole_number.h"
#include "record/kernel.h"
#include "record/privileges.h"
#include "record/proc.h"
#include "record/ring_source.h"

namespace tracerec::cli {
namespace {

struct Options {
  std::optional<std::int64_t> pid;
};

// Prints one line per check and remembers whether all were well.
class Checks {
 public:
  void check(bool good, const std::string& what, const std::string& remedy) {
    std::printf("%-4s %s%s%s\n", good ? "ok" : "FAIL", what.c_str(), good ? "" : ": ",
                good ? "" : printable(remedy).c_str());
    all_good_ = all_good_ && good;
  }
  [[nodiscard]] bool all_good() const { return all_good_; }

 private:
  bool all_good_ = true;
};

void check_kernel(Checks& checks) {
  const std::string release = record::kernel_release();
  const auto supported = record::check_kernel_release(release);
  checks.check(supported.has_value(), "kernel " + printable(release, 80), supported ? "" : supported.error().message);
  checks.check(record::kernel_has_btf(), "kernel type information (BTF)",
               "use a kernel built with CONFIG_DEBUG_INFO_BTF");
}

void check_privilege(Checks& checks) {
  const std::string missing = record::missing_capabilities();
  checks.check(record::may_load_probes(), "privilege to load probes",
               record::in_user_namespace() ? "run it outside of this user namespace, as root"
                                           : missing + (missing.find(" and ") == std::string::npos ? " is" : " are") +
                                                 " missing: run as root, or see docs/security.md for setcap");
  const std::string lacking = record::missing_for_others();
  if (lacking.empty()) return;
  std::printf("note without %s some files and TLS libraries of other users' processes are not read\n", lacking.c_str());
}

// A byte through a socket of tracerec's own, which is recorded: the hook must have counted it.
bool sees_a_transfer(const record::RingSource& source) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  const UniqueFd one(ends[0]), other(ends[1]);
  return ::write(one.get(), "x", 1) == 1 && source.counters().seen_bytes > 0;
}

// What `record` loads and attaches.
std::unique_ptr<record::RingSource> check_probes(Checks& checks) {
  auto source = record::RingSource::attach({});
  checks.check(source.has_value(), "probes load and attach", source ? "" : source.error().message);
  if (source && !(*source)->why_calls().empty()) {
    std::printf(
        "note every system call of this machine is a little slower while recording, because what sockets move "
        "cannot be hooked by itself: %s\n",
        printable((*source)->why_calls(), 200).c_str());
  }
  return source ? std::move(*source) : nullptr;
}

// Uprobes, on the TLS library that tracerec itself uses. Not being allowed to look at it is not a failure of theirs.
void check_uprobes(Checks& checks, record::RingSource& source, std::size_t problems_before) {
  const std::vector<std::string> problems = source.problems();
  const std::string problem = problems.size() > problems_before ? printable(problems[problems_before], 300) : "";
  if (!source.tls_libraries_of(static_cast<std::uint32_t>(::getpid())).empty()) {
    checks.check(true, "TLS probes attach", "");
  } else if (problem.rfind("cannot read the TLS", 0) == 0) {
    checks.check(false, "TLS probes attach", problem);
  } else {
    std::printf("note TLS probes were not tried: %s\n",
                problem.empty() ? "no TLS library is found in tracerec itself" : problem.c_str());
  }
}

// What the probes do with tracerec itself.
void check_on_itself(Checks& checks, record::RingSource& source) {
  const std::size_t problems_before = source.problems().size();
  const auto added = source.add_process(::getpid());
  if (!added) return checks.check(false, "probes see what a socket moves", added.error().message);
  check_uprobes(checks, source, problems_before);
  checks.check(sees_a_transfer(source), "probes see what a socket moves",
               "is /proc mounted? If it is, please report this with the kernel's version");
}

// What there is to know of its sockets: a process may be recorded that has none yet, or whose sockets are not shown.
void tell_sockets(std::int64_t pid) {
  namespace fs = std::filesystem;
  std::size_t count = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd", error)) {
    std::error_code gone;
    if (fs::read_symlink(entry.path(), gone).string().rfind("socket:", 0) == 0) ++count;
  }
  const std::string what = "process " + std::to_string(pid) + " (" + printable(record::command_line(pid), 80) + ")";
  if (error)
    return void(std::printf("note %s: its sockets are not shown: %s\n", what.c_str(), error.message().c_str()));
  if (count > 0) return void(std::printf("ok   %s has %zu open sockets\n", what.c_str(), count));
  std::printf("note %s has no open sockets; its workers may have them (children are recorded too)\n", what.c_str());
}

// Attaches to the process as `record` would. That its TLS cannot be read is not a failure: it need not speak TLS.
void check_process(Checks& checks, std::int64_t pid, record::RingSource& source) {
  const std::string what = "process " + std::to_string(pid);
  if (const auto good = record::check_recordable(pid); !good) return checks.check(false, what, good.error().message);
  const auto added = source.add_process(pid);
  checks.check(added.has_value(), what + " can be recorded", added ? "" : added.error().message);
  if (!added) return;
  tell_sockets(pid);
  const std::vector<std::string> problems = source.problems();
  for (const std::string& problem : problems) std::printf("note %s\n", printable(problem, 300).c_str());
  const std::string libraries = source.tls_libraries_of(static_cast<std::uint32_t>(pid));
  if (!libraries.empty()) {
    std::printf("ok   %s can be read inside TLS: %s\n", what.c_str(), printable(libraries, 400).c_str());
  } else if (problems.empty()) {
    std::printf("note %s has no TLS library that tracerec supports (OpenSSL, GnuTLS, Go)\n", what.c_str());
  }
}

ExitStatus examine(const Options& options) {
  record::take_up_capabilities();
  Checks checks;
  check_kernel(checks);
  check_privilege(checks);
  record::confine_process();
  const auto source = check_probes(checks);
  // The process first: what tracerec's own files are covered by must not be taken for its.
  if (source && options.pid) check_process(checks, *options.pid, *source);
  if (source) check_on_itself(checks, *source);
  if (checks.all_good()) {
    std::puts("this machine and user can record");
  } else {
    std::printf("recording will not work until the above is mended; supported is %s\n", record::kSupportedKernels);
  }
  return checks.all_good() ? ExitStatus::kDone : ExitStatus::kCouldNot;
}

}  // namespace

void add_doctor(CLI::App& app, const Globals&, Action& action) {
  CLI::App* command =
      app.add_subcommand("doctor", "Say whether this machine and user can record, and what to do if not");
  auto options = std::make_shared<Options>();
  command->add_option("--pid", options->pid, "Look at this process too")
      ->check(whole_number(1, INT64_MAX))
      ->type_name("PID");
  command->callback([options, &action] { action = [options] { return examine(*options); }; });
}

}  // namespace tracerec::cli
