// Which recorded requests are equal, and which of them met the same state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "evaluate/state_epochs.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

// The header fields of a request that may select its response (http::may_select_response), each as "name: value" and
// LF, names in lower case, in wire order. A head that cannot be parsed is given whole.
[[nodiscard]] std::string selecting_fields(std::string_view request_head);

// Gives the keys for schema::Reader::for_each_duplicate: requests are equal in method, target, body and
// selecting_fields(); a group of them ends at a write to their resource. Calls that the recorded process made itself
// have no key. Fed in the order of time.
class EqualRequests {
 public:
  // `bodies` is borrowed: another reader than the one that iterates.
  explicit EqualRequests(schema::Reader& bodies) : bodies_(bodies) {}

  [[nodiscard]] std::optional<schema::EqualKey> key_of(const schema::RequestEvent& event);

  // The first error that key_of() met.
  [[nodiscard]] const Result<void>& outcome() const { return outcome_; }

 private:
  [[nodiscard]] Effect effect_of(const schema::StoredExchange& request);

  schema::Reader& bodies_;
  StateEpochs epochs_;
  Result<void> outcome_;
};

}  // namespace tracerec::evaluate
