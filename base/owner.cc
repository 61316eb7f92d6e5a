#include "base/owner.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
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

}  // namespace

std::optional<UserIds> invoking_user() {
  if (::geteuid() != 0) return std::nullopt;
  const auto user = number_in("SUDO_UID");
  const auto group = number_in("SUDO_GID");
  if (!user || !group || *user == 0) return std::nullopt;
  return UserIds{*user, *group};
}

void give_to_invoking_user(int fd) {
  const auto user = invoking_user();
  if (!user) return;
  if (::fchown(fd, user->user, user->group) != 0) return;  // still root's, and 0600
}

}  // namespace tracerec
