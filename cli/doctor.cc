// tracerec doctor
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "base/unique_fd.h"
#include "cli/command.h"
#include "record/kernel.h"
#include "record/proc.h"
#include "record/process_images.h"
#include "record/ring_source.h"
#include "record/tls_image.h"

namespace tracerec::cli {
namespace {

struct Options {
  std::int64_t pid = 0;
};

// Prints one line per check and remembers whether all were well.
class Checks {
 public:
  void check(bool good, const std::string& what, const std::string& remedy) {
    std::printf("%-4s %s%s%s\n", good ? "ok" : "FAIL", what.c_str(), good ? "" : ": ", good ? "" : remedy.c_str());
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
  checks.check(record::may_load_probes(), "privilege to load probes", "run as root, or give CAP_BPF and CAP_PERFMON");
}

// A byte through a socket of tracerec's own, which is recorded: the hook must have counted it.
bool sees_a_call(const record::RingSource& source) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  const UniqueFd one(ends[0]), other(ends[1]);
  return ::write(one.get(), "x", 1) == 1 && source.counters().seen_bytes > 0;
}

// What `record` loads and attaches; the uprobes are tried on the TLS library that tracerec itself uses.
std::unique_ptr<record::RingSource> check_probes(Checks& checks) {
  auto source = record::RingSource::attach({});
  checks.check(source.has_value(), "probes load and attach", source ? "" : source.error().message);
  if (!source) return nullptr;
  const auto added = (*source)->add_process(::getpid());
  const std::vector<std::string> problems = (*source)->problems();
  const std::string problem = !added ? added.error().message : problems.empty() ? "" : problems.front();
  checks.check(problem.empty(), "TLS probes attach", printable(problem, 300));
  if (added) {
    checks.check(sees_a_call(**source), "probes see a system call",
                 "they are attached and not run: please report this with the kernel's version");
  }
  return std::move(*source);
}

std::size_t count_sockets(std::int64_t pid) {
  namespace fs = std::filesystem;
  std::size_t count = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd", error)) {
    const fs::path link = fs::read_symlink(entry.path(), error);
    if (link.string().rfind("socket:", 0) == 0) ++count;
  }
  return count;
}

std::string known_tls_of(std::int64_t pid) {
  std::string list;
  for (const record::ProcessImage& image : record::process_images(pid)) {
    const record::TlsImage found = record::examine_image(image.link);
    if (found.library.empty() || !found.problem.empty()) continue;
    list += (list.empty() ? "" : ", ") + found.library + " (" + printable(image.path, 80) + ")";
  }
  return list;
}

// Attaches to the process as `record` would. That its TLS cannot be read is no failure: it need not speak TLS.
void check_recording(Checks& checks, std::int64_t pid, record::RingSource& source) {
  const std::string what = "process " + std::to_string(pid);
  const std::size_t before = source.problems().size();
  const auto added = source.add_process(pid);
  if (!added) return checks.check(false, what + " can be recorded", added.error().message);
  const std::vector<std::string> problems = source.problems();
  for (std::size_t i = before; i < problems.size(); ++i) std::printf("note %s\n", printable(problems[i], 300).c_str());
  if (source.tls_of(static_cast<std::uint32_t>(pid)) == record::TlsReading::kPlaintext) {
    std::printf("ok   %s can be read inside TLS: %s\n", what.c_str(), known_tls_of(pid).c_str());
  } else if (problems.size() == before) {
    std::printf("note %s has no TLS library that tracerec knows (OpenSSL, GnuTLS, Go)\n", what.c_str());
  }
}

void check_process(Checks& checks, std::int64_t pid, record::RingSource* source) {
  const std::string what = "process " + std::to_string(pid);
  checks.check(record::process_exists(pid), what + " exists", "see ps or pgrep for the right one");
  if (!record::process_exists(pid)) return;
  const std::size_t sockets = count_sockets(pid);
  checks.check(sockets > 0,
               what + " (" + record::command_line(pid) + ") has " + std::to_string(sockets) + " open sockets",
               "no socket is visible; its workers may have them (children are recorded too), or run as root");
  if (source != nullptr) check_recording(checks, pid, *source);
}

ExitStatus examine(const Options& options) {
  Checks checks;
  check_kernel(checks);
  check_privilege(checks);
  const auto source = check_probes(checks);
  if (options.pid != 0) check_process(checks, options.pid, source.get());
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
  command->add_option("--pid", options->pid, "Look at this process too");
  command->callback([options, &action] { action = [options] { return examine(*options); }; });
}

}  // namespace tracerec::cli
