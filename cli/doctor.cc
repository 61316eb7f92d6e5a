// tracerec doctor
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "base/text.h"
#include "cli/command.h"
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
  utsname name{};
  ::uname(&name);
  int major = 0, minor = 0;
  const bool known = std::sscanf(name.release, "%d.%d", &major, &minor) == 2;
  checks.check(known && (major > 5 || (major == 5 && minor >= 17)), std::string("kernel ") + name.release,
               "Linux 5.17 or newer is needed (bpf_loop)");
  checks.check(::access("/sys/kernel/btf/vmlinux", R_OK) == 0, "kernel type information (BTF)",
               "use a kernel built with CONFIG_DEBUG_INFO_BTF");
}

// CapEff of /proc/self/status as bits (man 7 capabilities).
std::uint64_t effective_capabilities() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("CapEff:", 0) == 0) return std::stoull(line.substr(7), nullptr, 16);
  }
  return 0;
}

void check_privilege(Checks& checks) {
  constexpr std::uint64_t kSysAdmin = 1ULL << 21, kPerfmon = 1ULL << 38, kBpf = 1ULL << 39;
  const std::uint64_t have = effective_capabilities();
  const bool enough = (have & kSysAdmin) != 0 || (have & (kPerfmon | kBpf)) == (kPerfmon | kBpf);
  checks.check(enough, "privilege to load probes", "run as root, or give CAP_BPF and CAP_PERFMON");
}

void check_probes(Checks& checks) {
  const auto source = record::RingSource::attach({});
  checks.check(source.has_value(), "probes load and attach", source ? "" : source.error().message);
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

// No failure: a process need not speak TLS.
void tell_tls(std::int64_t pid) {
  std::string known, unknown;
  for (const record::ProcessImage& image : record::process_images(pid)) {
    const record::TlsImage found = record::examine_image(image.link);
    if (found.library.empty()) continue;
    std::string& list = found.problem.empty() ? known : unknown;
    list += (list.empty() ? "" : ", ") + found.library + " (" + printable(image.path, 80) + ")" +
            (found.problem.empty() ? "" : ": " + found.problem);
  }
  const std::string what = "process " + std::to_string(pid);
  if (!known.empty()) std::printf("ok   %s can be read inside TLS: %s\n", what.c_str(), known.c_str());
  if (!unknown.empty()) std::printf("note %s cannot be read inside TLS: %s\n", what.c_str(), unknown.c_str());
  if (known.empty() && unknown.empty()) {
    std::printf("note %s has no TLS library that tracerec knows (OpenSSL, GnuTLS, Go)\n", what.c_str());
  }
}

void check_process(Checks& checks, std::int64_t pid) {
  const std::string what = "process " + std::to_string(pid);
  checks.check(record::process_exists(pid), what + " exists", "see ps or pgrep for the right one");
  if (!record::process_exists(pid)) return;
  const std::size_t sockets = count_sockets(pid);
  checks.check(sockets > 0,
               what + " (" + record::command_line(pid) + ") has " + std::to_string(sockets) + " open sockets",
               "no socket is visible; its workers may have them (children are recorded too), or run as root");
  tell_tls(pid);
}

ExitStatus examine(const Options& options) {
  Checks checks;
  check_kernel(checks);
  check_privilege(checks);
  check_probes(checks);
  if (options.pid != 0) check_process(checks, options.pid);
  std::puts(checks.all_good() ? "this machine and user can record"
                              : "recording will not work until the above is mended");
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
