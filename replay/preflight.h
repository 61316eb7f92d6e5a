// What somebody should know of a recording before it is sent anywhere. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "schema/rows.h"

namespace tracerec::replay {

// "POST 10, DELETE 2"; empty: none is unsafe.
[[nodiscard]] std::string list_unsafe(const std::map<std::string, std::uint64_t>& methods);

// Takes the exchanges that would be sent, in any order, and says what may go wrong with them. Memory follows the number
// of methods and hosts, which is bounded.
class Preflight {
 public:
  // `secrets_replaced`: the recording holds pseudonyms in the place of secrets. `set_headers` are given by the user.
  Preflight(std::int64_t now_unix_ns, bool secrets_replaced, std::vector<std::string> set_headers);

  void add(const schema::StoredExchange& exchange);

  // One line for each matter, worst first; none: nothing to say.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  [[nodiscard]] bool is_given(std::string_view header) const;
  void look_at_token(std::string_view value);

  std::int64_t now_s_;
  bool secrets_replaced_;
  std::vector<std::string> set_headers_;
  std::map<std::string, std::uint64_t> methods_;
  std::map<std::string, std::uint64_t> hosts_;        // of absolute-form targets
  std::map<std::string, std::uint64_t> credentials_;  // header → exchanges that carry a replaced one
  std::uint64_t expired_ = 0;
  std::uint64_t last_expiry_s_ = 0;
};

}  // namespace tracerec::replay
