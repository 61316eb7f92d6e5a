#include "replay/safety.h"

#include <boost/asio/ip/address.hpp>

namespace tracerec::replay {
namespace {

namespace ip = boost::asio::ip;

ip::address unmapped(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

}  // namespace

bool may_be_same(const Endpoint& endpoint, std::string_view recorded) {
  const std::size_t colon = recorded.rfind(':');
  if (colon == std::string_view::npos || recorded.substr(colon + 1) != std::to_string(endpoint.port())) return false;
  std::string_view host = recorded.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const ip::address theirs = unmapped(ip::make_address(std::string(host), error));
  if (error) return false;
  const ip::address ours = unmapped(endpoint.address());
  return ours == theirs || (ours.is_loopback() && theirs.is_loopback()) || ours.is_unspecified() ||
         theirs.is_unspecified();
}

std::string find_recorded(const std::vector<Endpoint>& target, const std::vector<std::string>& recorded) {
  for (const std::string& address : recorded) {
    if (target.empty() && address == "unix") return address;
    for (const Endpoint& endpoint : target) {
      if (may_be_same(endpoint, address)) return address;
    }
  }
  return {};
}

}  // namespace tracerec::replay
