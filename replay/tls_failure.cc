#include "replay/tls_failure.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>

// Tests: tests/replay/tls_test.cc, tests/replay/tls_failure_test.cc.

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;

std::string describe_certificate(long verify_result, const std::string& host) {
  switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "it, or one that it depends on, has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "it is not valid yet; is the clock of this machine right?";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "it is for another host than " + host;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "it is self-signed; --cacert FILE trusts it";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "its authority is not known; --cacert FILE trusts it";
    default:
      return X509_verify_cert_error_string(verify_result);
  }
}

// Of the TLS library. Under TLS 1.3 a server judges our certificate after the handshake (RFC 8446 §4.4.2.4). Empty:
// nothing better than its own words.
std::string describe_reason(int reason) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:  // the first bytes are those of no TLS record
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_LENGTH_MISMATCH:
      return "the port does not speak TLS; if it is plain HTTP, the target is written http://…";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED:  // TLS 1.1 and older sign with SHA-1
      return "no TLS version that both allow";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return "the target refused the handshake: no common cipher, or it requires a client certificate (--cert)";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "the server requires a client certificate (--cert FILE)";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return "the server does not accept our client certificate, or requires one (--cert FILE)";
    default:
      return {};
  }
}

}  // namespace

void expect_host(SSL* ssl, const std::string& host) {
  boost::system::error_code not_an_address;
  (void)asio::ip::make_address(host, not_an_address);
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  if (not_an_address) {
    X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str());
  }
}

std::string describe_tls_failure(const SSL* ssl, const boost::system::error_code& error, const std::string& host) {
  if (error.category() != asio::error::get_ssl_category()) {
    if (error == asio::error::eof || error == asio::error::connection_reset ||
        error == asio::ssl::error::stream_truncated)
      return "the connection was closed during the TLS handshake; does the port speak TLS?";
    return error.message();
  }
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return "certificate verify failed: " + describe_certificate(SSL_get_verify_result(ssl), host);
  const std::string described = describe_reason(reason);
  return described.empty() ? error.message() : described;
}

}  // namespace tracerec::replay
