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

std::string first_line(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.empty() ? "" : " (" + printable(line, 200) + ")";
}

}  // namespace

Error explain_load_failure(const LoadFailure& failure) {
  const std::string start = "cannot load the probes: ";
  const std::string why = std::generic_category().message(failure.error);
  if (!failure.has_btf) {
    return {start + "this kernel has no BTF (/sys/kernel/btf/vmlinux); use a kernel built with CONFIG_DEBUG_INFO_BTF"};
  }
  if (const auto refusal = find_refusal(failure.libbpf)) {
    return {start + "the verifier of Linux " + printable(failure.kernel, 80) + " refuses the program " +
            printable(refusal->program, 40) + ": " + printable(refusal->reason, 200) + "; " + kSupportedKernels +
            " is supported: please report this line"};
  }
  if (!failure.is_privileged) {
    return {start + why + "; run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE"};
  }
  if (failure.error == EPERM || failure.error == EACCES) {
    return {start + why + ", although the capabilities are there" + first_line(failure.libbpf) +
            "; kernel lockdown, a security module or a container's seccomp filter forbids bpf()"};
  }
  return {start + why + first_line(failure.libbpf) + "; " + kSupportedKernels + ", with CONFIG_BPF_EVENTS, is needed"};
}

}  // namespace tracerec::record
