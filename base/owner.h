// Whom a program works for that runs under sudo, and his files.
#pragma once

#include <optional>

#include "base/error.h"

namespace tracerec {

struct UserIds {
  unsigned user = 0;
  unsigned group = 0;
};

// Who called sudo (SUDO_UID and SUDO_GID), when this is root. The group is that of the user's entry where SUDO_GID is
// missing or no number. None without sudo, when root called it, and where check_invoking_user() fails. Looks users up
// (getpwuid_r(3)).
[[nodiscard]] std::optional<UserIds> invoking_user();

// Error: variables of sudo are there and do not say who called it. What would be done for that user must then not be
// done as root.
[[nodiscard]] Result<void> check_invoking_user();

// A new file that root made for somebody (SUDO_UID and SUDO_GID of sudo) becomes that user's, who otherwise could not
// read what he asked for. Call on creation only: another's file stays another's. Does nothing without sudo; where it
// fails (some network file systems) the file stays root's.
void give_to_invoking_user(int fd);

}  // namespace tracerec
