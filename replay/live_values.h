// While a recording is replayed: what the target answered in place of the recorded values. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "replay/correlate.h"
#include "replay/scratch.h"
#include "replay/values.h"

namespace tracerec::replay {

class ResponseSecrets;

// A value is kept from the response that holds it to the last request that needs it. One thread.
class LiveValues {
 public:
  // `correlation` must outlive it.
  explicit LiveValues(const Correlation& correlation);

  [[nodiscard]] bool produces(Ordinal exchange) const { return !correlation_.produced_by(exchange).empty(); }

  // The response to an exchange that produces(). What stands at another location, or nowhere, is missing from now on.
  void learn(Ordinal producer, std::string_view head, std::string_view content);

  // Responses come as they are stored from now on, with pseudonyms that `secrets` knows; borrowed, nullptr: none.
  void read_with(const ResponseSecrets* secrets) { secrets_ = secrets; }

  // A cookie that the response to `exchange` sets anew, although nothing of the kind was recorded, replaces the one
  // that its request had carried.
  void learn_cookies(Ordinal exchange, std::string_view head);

  struct Filled {
    std::vector<Replacement> replacements;
    std::vector<bool> resolved;  // by edge, in the order of edges_of()

    [[nodiscard]] bool all() const;
  };

  // What becomes of a request's edges; its uses are spent by that, so once for each exchange.
  [[nodiscard]] Filled fill(Ordinal consumer, std::string_view head, std::string_view content);

  // The exchange will not be sent.
  void skip(Ordinal consumer);

 private:
  void spend(std::size_t index);
  [[nodiscard]] std::optional<std::string> as_sent(std::string_view text) const;

  const Correlation& correlation_;
  const ResponseSecrets* secrets_ = nullptr;
  ScratchArray<std::uint32_t> uses_spent_;             // by number of the produced value
  std::unordered_map<std::size_t, std::string> live_;  // likewise
};

}  // namespace tracerec::replay
