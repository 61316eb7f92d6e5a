// Replaces secrets in what was recorded before it goes to the store: values in, values out. docs/capture.md, section
// "Secrets", says what is replaced by what.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "redact/body_guard.h"
#include "redact/head.h"
#include "redact/opaque.h"
#include "redact/replacer.h"
#include "redact/rules.h"

namespace tracerec::redact {

// One recording; what is equal in it stays equal. One thread. Outlives the guards that it gives.
class Redactor {
 public:
  // With a key made for this recording, and this much memory for bodies that must be seen whole. Error: the kernel
  // gives no random bytes.
  [[nodiscard]] static Result<std::unique_ptr<Redactor>> create(RedactionRules rules, std::size_t hold_bytes);
  Redactor(RedactionRules rules, const RedactionKey& key) : rules_(std::move(rules)), replacer_(key) {}

  // A head in place; heads of requests with the target that was read from it. Gives what must see the body's bytes,
  // or nullptr when they may pass as they are.
  [[nodiscard]] std::unique_ptr<BodyGuard> redact_request_head(Bytes head, Bytes target);
  [[nodiscard]] std::unique_ptr<BodyGuard> redact_response_head(Bytes head);
  void redact_interim_head(Bytes head);

  // Bytes that are not HTTP as far as we can tell, the next of a stream that `state` belongs to. Gives how many of them
  // may be stored, from the first on: what is in the others cannot be said.
  [[nodiscard]] std::size_t redact_opaque(Bytes bytes, std::string_view reason, LinesState& state);

  [[nodiscard]] Pseudonyms& pseudonyms() { return replacer_.pseudonyms(); }
  [[nodiscard]] const RedactionRules& rules() const { return rules_; }

  // What was replaced since the last call.
  [[nodiscard]] Replaced take_replaced() { return replacer_.take_replaced(); }

 private:
  [[nodiscard]] std::unique_ptr<BodyGuard> guard(const BodyFields& fields);

  RedactionRules rules_;
  Replacer replacer_;
  HoldBudget budget_;
};

}  // namespace tracerec::redact
