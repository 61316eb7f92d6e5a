#include "base/owner.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

namespace tracerec {
namespace {

std::optional<unsigned> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // The highest number means "leave as it is" to fchown.
  if (failed != std::errc{} || end != digits.data() + digits.size() || value == ~0U) return std::nullopt;
  return value;
}

std::optional<unsigned> group_of(unsigned user) {
  std::array<char, 16384> texts{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, texts.data(), texts.size(), &found) != 0 || found == nullptr) return std::nullopt;
  return found->pw_gid;
}

}  // namespace

std::optional<UserIds> invoking_user() {
  if (::geteuid() != 0) return std::nullopt;
  const auto user = number_in("SUDO_UID");
  if (!user || *user == 0) return std::nullopt;
  auto group = number_in("SUDO_GID");
  if (!group) group = group_of(*user);
  return group ? std::optional(UserIds{*user, *group}) : std::nullopt;
}

Result<void> check_invoking_user() {
  if (::geteuid() != 0 || invoking_user() || number_in("SUDO_UID") == 0U) return {};
  for (const char* variable : {"SUDO_UID", "SUDO_GID", "SUDO_USER"}) {
    if (std::getenv(variable) == nullptr) continue;
    return Error{std::string(variable) + " is set, but SUDO_UID and SUDO_GID do not say who called sudo"};
  }
  return {};
}

void give_to_invoking_user(int fd) {
  const auto user = invoking_user();
  if (!user) return;
  if (::fchown(fd, user->user, user->group) != 0) return;  // still root's, and 0600
}

}  // namespace tracerec
