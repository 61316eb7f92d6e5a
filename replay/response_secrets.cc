#include "replay/response_secrets.h"

#include <algorithm>
#include <utility>

// Tests: tests/replay/response_secrets_test.cc.

namespace tracerec::replay {
namespace {

// Of bodies that are held at one time, as the recorder has it.
constexpr std::size_t kHoldBytes = std::size_t{32} << 20;

// For re-sending: some 60,000 tokens of 200 bytes.
constexpr std::size_t kOriginalsBytes = std::size_t{32} << 20;

}  // namespace

ResponseSecrets::ResponseSecrets(std::unique_ptr<redact::Redactor> redactor) : redactor_(std::move(redactor)) {
  redactor_->pseudonyms().remember_originals(kOriginalsBytes);
}

Result<std::shared_ptr<ResponseSecrets>> ResponseSecrets::create(redact::RedactionRules rules) {
  auto redactor = redact::Redactor::create(std::move(rules), kHoldBytes);
  if (!redactor) return redactor.error();
  return std::make_shared<ResponseSecrets>(std::move(*redactor));
}

ResponseSecrets::Message ResponseSecrets::begin(std::string_view head) {
  Message message{std::string(head)};
  message.guard = redactor_->redact_response_head(message.head);
  counts_.replaced += redactor_->take_replaced();
  return message;
}

void ResponseSecrets::finish(Message& message, bool whole, redact::BodyGuard::Body body) {
  if (message.guard == nullptr) return;
  const redact::BodyGuard::Outcome outcome = message.guard->finish(whole, message.head, false, body);
  message.guard.reset();
  counts_.replaced += redactor_->take_replaced();
  counts_.withheld += outcome.withheld_bytes > 0 ? 1U : 0U;
  counts_.reencoded += outcome.reencoded_before > 0 ? 1U : 0U;
}

std::optional<std::string> ResponseSecrets::original(std::string_view text) const {
  const redact::Pseudonyms& pseudonyms = redactor_->pseudonyms();
  if (const auto secret = pseudonyms.original(text)) return std::string(*secret);
  if (pseudonyms.has_forgotten()) return std::nullopt;
  return std::string(text);
}

ResponseSecrets::Counts ResponseSecrets::take_counts() {
  return std::exchange(counts_, {});
}

Result<bool> secrets_were_replaced(schema::Reader& reader, const schema::Recording& recording) {
  if (recording.secrets != schema::Secrets::kUnknown) return recording.secrets == schema::Secrets::kReplaced;
  const auto ledger = reader.recording_ledger(recording.id);
  if (!ledger) return ledger.error();
  return std::any_of(ledger->begin(), ledger->end(),
                     [](const schema::LedgerEntry& entry) { return entry.key == "redacted" && entry.count > 0; });
}

}  // namespace tracerec::replay
