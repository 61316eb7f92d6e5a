#include "record/address.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

namespace tracerec::record {
namespace {

// RFC 4291 §2.5.5.2
constexpr std::uint8_t kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::string format_address(std::uint16_t family, const std::uint8_t (&address)[16], std::uint16_t port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (family == AF_INET) {
    ::inet_ntop(AF_INET, address, text, sizeof text);
  } else if (family == AF_INET6) {
    if (!std::equal(std::begin(kMappedPrefix), std::end(kMappedPrefix), address)) {
      ::inet_ntop(AF_INET6, address, text, sizeof text);
      return "[" + std::string(text) + "]:" + std::to_string(port);
    }
    ::inet_ntop(AF_INET, address + sizeof kMappedPrefix, text, sizeof text);
  } else {
    return family == AF_UNIX ? "unix" : "unknown";
  }
  return std::string(text) + ":" + std::to_string(port);
}

}  // namespace tracerec::record
