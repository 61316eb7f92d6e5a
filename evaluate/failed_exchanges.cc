#include "evaluate/failed_exchanges.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

// Tests: tests/evaluate/failed_exchanges_test.cc.

namespace tracerec::evaluate {

void FailedExchanges::note(const schema::StoredExchange& exchange, const schema::StoredResponse& response) {
  if (response.failure.empty() || counts_[response.failure]++ >= most_) return;
  named_.push_back({exchange.id, exchange.method, exchange.target, response.failure, response.sent_ns, response.status,
                    response.response_body.wire_bytes});
}

std::uint64_t FailedExchanges::not_named() const {
  std::uint64_t all = 0;
  for (const auto& [reason, count] : counts_) all += count;
  return all - named_.size();
}

std::string explain_failure(std::string_view reason) {
  using Line = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Line, 9> kReasons = {
      Line{"timeout", "no end of a response within --timeout"},
      Line{"connection_closed", "the target closed the connection before the end of its response"},
      Line{"bad_response", "what the target sent is not a valid HTTP/1 response"},
      Line{"refused", "the target refused the connection"},
      Line{"connect", "no connection to the target"},
      Line{"tls", "no TLS session with the target"},
      Line{"unresolved", "not sent: the target did not return a value that it needs"},
      Line{"interrupted", "no response before the replay was stopped"},
      Line{"io", "an error of the socket"}};
  const auto found =
      std::find_if(kReasons.begin(), kReasons.end(), [&](const Line& line) { return line.first == reason; });
  return std::string(found == kReasons.end() ? reason : found->second);
}

std::string describe_failed(const FailedExchange& failed) {
  std::string line = "exchange " + std::to_string(failed.exchange_id) + " " + failed.method + " " + failed.target +
                     " failed: " + explain_failure(failed.reason) + " (" + failed.reason + ")";
  if (failed.status == 0) return line;
  return line + "; status " + std::to_string(failed.status) + " and " + format_count(failed.received_bytes) +
         " bytes were received";
}

}  // namespace tracerec::evaluate
