// Which requests of a run failed, and why: those that a report names.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "schema/rows.h"

namespace tracerec::evaluate {

// A request that was sent, or was to be sent, and got no whole response. Raw recorded data.
struct FailedExchange {
  schema::RowId exchange_id = 0;
  std::string method;
  std::string target;
  std::string reason;                // of the ledger: "timeout", "connection_closed"
  std::int64_t sent_ns = 0;          // from the start of the run
  int status = 0;                    // of a response that began; 0: none did
  std::uint64_t received_bytes = 0;  // of its body
};

// Collects them while the responses of a run are passed over. Memory: `most` of each reason, of which there are about
// ten; all are counted.
class FailedExchanges {
 public:
  explicit FailedExchanges(std::size_t most = 1000) : most_(most) {}

  // By exchange id. Nothing happens when the response did not fail.
  void note(const schema::StoredExchange& exchange, const schema::StoredResponse& response);

  // By exchange id.
  [[nodiscard]] const std::vector<FailedExchange>& named() const { return named_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t not_named() const;

 private:
  std::size_t most_;
  std::vector<FailedExchange> named_;
  std::map<std::string, std::uint64_t> counts_;
};

// "timeout" → "no end of a response within --timeout". The reason itself when it is not known (of a newer version, or
// of a hostile file).
[[nodiscard]] std::string explain_failure(std::string_view reason);

// "exchange 12 GET /a failed: no end of a response within --timeout (timeout); status 200 and 10 bytes were received".
// Raw.
[[nodiscard]] std::string describe_failed(const FailedExchange& failed);

}  // namespace tracerec::evaluate
