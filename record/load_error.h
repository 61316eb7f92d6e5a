// Why the kernel did not take the probes, in one line that names the cause and what to do.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace tracerec::record {

struct LoadFailure {
  int error = 0;            // errno, positive
  std::string_view libbpf;  // what libbpf printed, the verifier's log included
  bool has_btf = true;
  bool is_privileged = true;
  bool in_user_namespace = false;
  bool jit_is_off = false;
  std::string_view lockdown;  // its mode; empty: not known
  std::string_view kernel;    // its release, as uname gives it
};

// What the machine's settings forbid comes first, since the verifier words it as a fault of the program. Another
// refusal names the program and the verifier's last line; it is distinguished from a lack of privilege, which the
// kernel reports by the same error numbers (EPERM, EACCES).
[[nodiscard]] Error explain_load_failure(const LoadFailure& failure);

}  // namespace tracerec::record
