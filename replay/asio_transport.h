// TCP, and TLS on top of it, by Boost.Asio.
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

// Error: the name is unknown.
[[nodiscard]] Result<std::vector<Endpoint>> resolve(const Target& target);

struct TlsOptions {
  bool insecure = false;
  std::string cacert;  // PEM file; empty: the system's authorities
};

// `io` must outlive the transport and its streams. Error: the authorities cannot be read.
[[nodiscard]] Result<std::unique_ptr<Transport>> make_asio_transport(boost::asio::io_context& io, const Target& target,
                                                                     std::vector<Endpoint> endpoints,
                                                                     const TlsOptions& tls);

}  // namespace tracerec::replay
