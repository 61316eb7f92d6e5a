// Whom a program works for that runs under sudo, and his files.
#pragma once

#include <optional>

namespace tracerec {

struct UserIds {
  unsigned user = 0;
  unsigned group = 0;
};

// Who called sudo (SUDO_UID and SUDO_GID), when this is root. None without sudo, or when root called it.
[[nodiscard]] std::optional<UserIds> invoking_user();

// A new file that root made for somebody (SUDO_UID and SUDO_GID of sudo) becomes that user's, who otherwise could not
// read what he asked for. Call on creation only: another's file stays another's. Does nothing without sudo; where it
// fails (some network file systems) the file stays root's.
void give_to_invoking_user(int fd);

}  // namespace tracerec
