// What somebody should know of a recording before it is sent anywhere. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "http/secret_names.h"
#include "replay/correlate.h"
#include "replay/exchange_set.h"
#include "replay/identity.h"
#include "replay/jwt.h"
#include "schema/rows.h"

namespace tracerec::replay {

// "POST 10, DELETE 2"; empty: none is unsafe.
[[nodiscard]] std::string list_unsafe(const std::map<std::string, std::uint64_t>& methods);

// What is known of a replay to come.
struct PreflightFacts {
  std::int64_t now_unix_ns = 0;
  bool secrets_replaced = false;          // the recording holds pseudonyms in the place of secrets
  std::vector<std::string> overridden{};  // headers that are not sent as they were recorded
  std::vector<Identity> identities{};
  const Correlation* correlation = nullptr;  // which values earlier responses give; nullptr: none is carried over
  const JwtKey* jwt_key = nullptr;           // its tokens get times of the replay
  schema::RowId first_id = 0;                // of the recording
  std::vector<std::string> kept_headers{};   // built-in names that the recording's rules did not replace
  std::vector<std::string> kept_fields{};
};

// Takes the exchanges that would be sent, in any order, and says what may go wrong with them. Memory follows the number
// of methods and hosts, which is bounded, and one bit for an exchange.
class Preflight {
 public:
  explicit Preflight(PreflightFacts facts);

  void add(const schema::StoredExchange& exchange);

  // "POST 10, DELETE 2" of those that would be sent; empty: none is unsafe.
  [[nodiscard]] std::string unsafe() const { return list_unsafe(methods_); }

  // One line for each matter, worst first; none: nothing to say.
  [[nodiscard]] std::vector<std::string> lines() const;

  // Of these, what the target is going to refuse: credentials. Each with the first exchange and what mends it.
  [[nodiscard]] std::vector<std::string> credential_lines() const;

  // Those with a credential that was replaced while recording and that no earlier response gives.
  [[nodiscard]] const ExchangeSet& without_credential() const { return without_credential_; }

 private:
  struct Gap {
    Occurrences seen;
    std::unordered_set<std::size_t> values;  // hashes of different ones, the first kMostValues
  };

  [[nodiscard]] bool is_overridden(std::string_view header) const;
  void look_at_credential(const schema::StoredExchange& exchange, const std::string& name, std::string_view value);
  void look_at_fields(const schema::StoredExchange& exchange);
  void look_at_token(schema::RowId exchange, std::string_view value);
  void look_at_identities(const schema::StoredExchange& exchange);

  PreflightFacts facts_;
  http::KeptFields kept_fields_;
  std::map<std::string, std::uint64_t> methods_;
  std::map<std::string, std::uint64_t> hosts_;  // of absolute-form targets
  std::map<std::string, Gap> gaps_;             // header → exchanges that carry a replaced one without a source
  std::map<std::string, Gap> field_gaps_;       // field of a body or query → likewise
  std::map<std::string, Occurrences> unnamed_;  // key → exchanges of users that no identity names
  Occurrences expired_;
  std::uint64_t last_expiry_s_ = 0;
  ExchangeSet without_credential_;
};

}  // namespace tracerec::replay
