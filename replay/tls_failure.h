// Why a TLS connection failed, for people.
#pragma once

#include <openssl/ssl.h>

#include <boost/system/error_code.hpp>
#include <string>

namespace tracerec::replay {

// Makes the handshake fail when the certificate is not for `host`: a name, or an IP address, which must stand among the
// certificate's addresses (RFC 9110 §4.3.4, §4.3.5).
void expect_host(SSL* ssl, const std::string& host);

// One clause that says what is wrong and, where an option of replay helps, which: a certificate that has expired, is
// for another host or comes from an unknown authority; a port that does not speak TLS; no common version; a client
// certificate that is required. `ssl` and `error` are those of the handshake, or of a read after it.
[[nodiscard]] std::string describe_tls_failure(const SSL* ssl, const boost::system::error_code& error,
                                               const std::string& host);

}  // namespace tracerec::replay
