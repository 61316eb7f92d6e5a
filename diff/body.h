// Two bodies compared by the richest meaning that both have: JSON, then other structures, then text, then bytes.
#pragma once

#include <optional>
#include <string>

#include "diff/difference.h"
#include "diff/endpoint_rules.h"
#include "diff/input.h"

namespace tracerec::diff {

// Of two beginnings of a stream of events (Message::open_ended) the events are compared that both have.
// Decodes both bodies and reports to `sink` each difference, those of trailers included. `bodiless`: responses that
// have none whatever their headers say (to HEAD; 1xx, 204, 304: RFC 9112 §6.3), where headers must not be asked how to
// decode. Any thread.
void compare_bodies(const Message& recorded, const Message& replayed, bool bodiless, const EndpointRules& rules,
                    DifferenceSink& sink);

// What one body is read as, when it is looked at alone.
struct BodyReading {
  enum class Form : std::uint8_t { kEmpty, kTree, kText, kBytes, kUnreadable };
  Form form = Form::kEmpty;
  std::string content;    // of a tree: JSON text, whatever it was before
  bool is_json = false;   // a tree that was JSON before
  std::string source;     // of another tree: the decoded text that it was read from,
  std::string_view name;  // and as what (Structured::name)
};
[[nodiscard]] BodyReading read_body(const Message& message, bool bodiless);

}  // namespace tracerec::diff
