// Secrets in the responses of targets, replaced on their way into the trace file. What is carried into requests is
// taken before that, from the response itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "redact/redactor.h"
#include "schema/reader.h"

namespace tracerec::replay {

// One for all runs of a command, so that equal secrets are equal in all of them: target, baseline, re-sent exchanges.
// One thread.
class ResponseSecrets {
 public:
  // With a key that is made now and never written. Error: the kernel gives no random bytes.
  [[nodiscard]] static Result<std::shared_ptr<ResponseSecrets>> create(redact::RedactionRules rules);

  // A response while it is received.
  struct Message {
    std::string head;                            // as it is stored
    std::unique_ptr<redact::BodyGuard> guard{};  // that its body goes through; nullptr: it passes as it is

    [[nodiscard]] bool holds() const { return guard != nullptr && guard->holding(); }
  };
  [[nodiscard]] Message begin(std::string_view head);

  // No more bytes come; `whole` says whether the body ended as it should. Replaces what is left to replace in `body`,
  // which the guard filled, and in `message.head`.
  void finish(Message& message, bool whole, redact::BodyGuard::Body body);

  // What was sent where a stored response has this text: the secret of a pseudonym, else the text itself. Nothing when
  // there were too many secrets to remember all, and this may be the pseudonym of one.
  [[nodiscard]] std::optional<std::string> original(std::string_view text) const;

  // What was done since the last call.
  struct Counts {
    redact::Replaced replaced;
    std::uint64_t withheld = 0;   // bodies that could not be searched for the names of a rules file
    std::uint64_t reencoded = 0;  // bodies that have another length now
  };
  [[nodiscard]] Counts take_counts();

  explicit ResponseSecrets(std::unique_ptr<redact::Redactor> redactor);

 private:
  std::unique_ptr<redact::Redactor> redactor_;
  Counts counts_;
};

// Whether secrets in a recording are pseudonyms: its mark says so, or in a file without marks its ledger. Error: the
// trace file cannot be read.
[[nodiscard]] Result<bool> secrets_were_replaced(schema::Reader& reader, const schema::Recording& recording);

}  // namespace tracerec::replay
