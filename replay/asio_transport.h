// TCP and Unix sockets, and TLS on top of them, by Boost.Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <vector>

#include "replay/target.h"
#include "replay/transport.h"

namespace tracerec::replay {

using Endpoint = boost::asio::ip::tcp::endpoint;

// None for a Unix socket. Error: the name is unknown.
[[nodiscard]] Result<std::vector<Endpoint>> resolve(const Target& target);

struct TlsOptions {
  bool insecure = false;
  std::string cacert{};  // PEM file; empty: the system's authorities
  std::string cert{};    // PEM file with our certificate, and those between it and the authority; empty: none
  std::string key{};     // PEM file with its key; empty: in `cert`
};

// `io` must outlive the transport and its streams, which share what they learn about the addresses: one thread.
// `quickack`: what is received is acknowledged at once (TCP_QUICKACK). Error: a file of `tls` cannot be read.
[[nodiscard]] Result<std::unique_ptr<Transport>> make_asio_transport(boost::asio::io_context& io, const Target& target,
                                                                     const std::vector<Endpoint>& endpoints,
                                                                     const TlsOptions& tls, bool quickack = false);

}  // namespace tracerec::replay
