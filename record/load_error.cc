// libbpf explains failures in text only. Of a program that the verifier refuses it prints
//   prog 'NAME': -- BEGIN PROG LOAD LOG --
//   … the verifier's log, whose last lines are the reason and "processed N insns …"
//   -- END PROG LOAD LOG --
#include "record/load_error.h"

#include <cerrno>
#include <optional>
#include <system_error>

#include "base/text.h"
#include "record/kernel.h"

namespace tracerec::record {
namespace {

struct Refusal {
  std::string_view program;
  std::string_view reason;
};

bool begins_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

// The program's name stands in quotes right before the log.
std::string_view name_before(std::string_view text) {
  const std::size_t end = text.rfind('\'');
  if (end == std::string_view::npos || end == 0) return "?";
  const std::size_t begin = text.rfind('\'', end - 1);
  return begin == std::string_view::npos ? "?" : text.substr(begin + 1, end - begin - 1);
}

// The last line that says more than how much was processed.
std::string_view last_reason(std::string_view log) {
  std::string_view reason = "no reason given";
  while (!log.empty()) {
    const std::size_t end = log.find('\n');
    const std::string_view line = log.substr(0, end);
    const bool is_statistics =
        begins_with(line, "processed ") || begins_with(line, "verification time") || begins_with(line, "stack depth");
    if (!line.empty() && !is_statistics) reason = line;
    log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
  }
  return reason;
}

std::optional<Refusal> find_refusal(std::string_view libbpf) {
  constexpr std::string_view kBegin = "-- BEGIN PROG LOAD LOG --", kEnd = "-- END PROG LOAD LOG --";
  const std::size_t begin = libbpf.find(kBegin);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view log = libbpf.substr(begin + kBegin.size());
  return Refusal{name_before(libbpf.substr(0, begin)), last_reason(log.substr(0, log.find(kEnd)))};
}

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM;
}

std::string explain_shortage(int error, const std::string& why) {
  return error == ENOMEM ? why + "; give it more memory, or a smaller --memory"
                         : why + "; raise the limit of open files (ulimit -n 4096)";
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// What libbpf said first, unless it is its standing advice about a limit that no longer matters (Linux 5.11).
std::string first_line(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.empty() || contains(line, "RLIMIT_MEMLOCK") ? "" : " (" + printable(line, 200) + ")";
}

// Settings of the machine that keep every program out. Empty: none of them.
std::string explain_settings(const LoadFailure& failure, std::string_view reason) {
  // With this mode the helpers that read kernel memory are not there (since 5.4).
  if (failure.lockdown == "confidentiality" || (failure.lockdown.empty() && contains(reason, "bpf_probe_read#"))) {
    return "kernel lockdown forbids BPF to read the kernel's memory; boot without lockdown=confidentiality";
  }
  if (failure.jit_is_off || contains(reason, "non-JITed")) {
    return "the BPF compiler is switched off; sysctl net.core.bpf_jit_enable=1";
  }
  return {};
}

std::string explain_refusal(const LoadFailure& failure, const Refusal& refusal) {
  return "the verifier of Linux " + printable(failure.kernel, 80) + " refuses the program " +
         printable(refusal.program, 40) + ": " + printable(refusal.reason, 200) + "; " + kSupportedKernels +
         " is supported: please report this line";
}

std::string explain_privilege(const LoadFailure& failure, const std::string& why) {
  if (failure.in_user_namespace) return why + "; run it outside of this user namespace, as root";
  return why + "; run as root, or with CAP_BPF and CAP_PERFMON";
}

std::string explain(const LoadFailure& failure) {
  const std::string why = std::generic_category().message(failure.error);
  if (is_shortage(failure.error)) return explain_shortage(failure.error, why);
  if (!failure.has_btf) {
    return "this kernel has no BTF (/sys/kernel/btf/vmlinux), or /sys is not mounted here; use a kernel built with "
           "CONFIG_DEBUG_INFO_BTF";
  }
  if (!failure.is_privileged) return explain_privilege(failure, why);
  const auto refusal = find_refusal(failure.libbpf);
  std::string settings = explain_settings(failure, refusal ? refusal->reason : std::string_view{});
  if (!settings.empty()) return settings;
  if (refusal) return explain_refusal(failure, *refusal);
  if (failure.error == EPERM || failure.error == EACCES || failure.error == ENOSYS) {
    return why + ", although the capabilities are there" + first_line(failure.libbpf) +
           "; a container's seccomp filter or a security module forbids bpf()";
  }
  return why + first_line(failure.libbpf) + "; " + kSupportedKernels + ", with CONFIG_BPF_EVENTS, is needed";
}

}  // namespace

Error explain_load_failure(const LoadFailure& failure) {
  return {"cannot load the probes: " + explain(failure)};
}

}  // namespace tracerec::record
