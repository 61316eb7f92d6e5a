// The exchange and the run that a request names, and its messages.
#pragma once

#include <optional>
#include <string>

#include "schema/reader.h"
#include "ui/reply.h"

namespace tracerec::ui {

struct NamedExchange {
  std::optional<schema::StoredExchange> exchange;  // nothing: `reply` says why
  std::optional<schema::Run> run;                  // of the parameter "run", when it was given
  Reply reply;
};
[[nodiscard]] NamedExchange find_exchange(schema::Reader& reader, const Query& query);

// One message of it, as stored.
struct StoredMessage {
  std::string head;
  schema::StoredBody body;
  bool is_request = false;
};

// `side`: "request", "recorded" or "new". Nothing: there is no such message. Error: `side` is another word, or the file
// cannot be read.
[[nodiscard]] Result<std::optional<StoredMessage>> find_message(schema::Reader& reader, const NamedExchange& named,
                                                                const std::string& side);

}  // namespace tracerec::ui
