// One request that is not part of a recording, on a connection of its own: is the target there, and who are we?
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include "base/error.h"
#include "replay/asio_transport.h"
#include "replay/target.h"
#include "replay/transport.h"

namespace tracerec::replay {

struct OneRequest {
  std::string method;  // as in `head`; how a response is framed depends on it (RFC 9112 §6.3)
  std::string head;    // from the request line to the empty line
  std::string body;
};

struct OneResponse {
  int status = 0;
  std::string head;          // as received, from the status line to the empty line
  std::string body;          // as it was on the wire, chunk framing included; at most so long as was asked for
  bool body_is_cut = false;  // there was more of it
};

struct OneRequestLimits {
  std::chrono::nanoseconds timeout{};  // from connecting, TLS included, to the end of the response
  std::size_t max_body_bytes = 0;      // reading ends with more; 0: it ends with the head
};

// Sends `request` on a stream that is not connected yet and reads the final response; interim ones (RFC 9110 §15.2) are
// passed over. `request` and `stream` must outlive the task. The stream is of no use afterwards. Error: a clause that
// goes after "GET / of X: ", such as "Connection refused" or "timed out".
[[nodiscard]] Task<Result<OneResponse>> exchange_one(Stream& stream, const OneRequest& request,
                                                     std::size_t max_body_bytes);

// Resolves the target, which may take longer than the timeout, connects, and does the above. Blocks; `stop`, which may
// be nullptr, ends it within a tenth of a second when it is set. Error: as above, and files of `tls` that are of no
// use.
[[nodiscard]] Result<OneResponse> request_once(const Target& target, const TlsOptions& tls, const OneRequest& request,
                                               const OneRequestLimits& limits, const std::atomic<bool>* stop);

// Whether a TLS handshake with the target succeeds, whatever its certificate, within `timeout`. Sends no request.
// Blocks; `stop` as above. False also when it cannot be reached.
[[nodiscard]] bool speaks_tls(const Target& target, std::chrono::nanoseconds timeout, const std::atomic<bool>* stop);

}  // namespace tracerec::replay
