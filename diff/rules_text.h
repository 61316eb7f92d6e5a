// The text of a rules file, and where in it everything stands. Internal to diff/.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "body/json_document.h"

namespace tracerec::diff {

// Without comments, and parsed. Positions are those of the file: comments are blanked byte for byte.
struct RulesText {
  std::unique_ptr<std::string> plain;  // the document has views into it
  body::JsonDocument document;
};

// Error: it is not JSON with comments; line and column.
[[nodiscard]] Result<RulesText> parse_rules_text(std::string_view text);

// "line 3, column 7"
[[nodiscard]] std::string position_of(std::string_view text, std::size_t offset);

struct RulesMember {
  std::string_view name;
  body::JsonNodeId name_id;
  body::JsonNodeId value;
};

// Of an object, in its order.
[[nodiscard]] std::vector<RulesMember> members_of(const body::JsonDocument& document, body::JsonNodeId object);

}  // namespace tracerec::diff
