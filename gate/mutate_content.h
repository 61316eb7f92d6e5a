// Contents mutated at one location; everything around it stays byte for byte as it was recorded.
#pragma once

#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "body/structured.h"
#include "gate/mutate.h"

namespace tracerec::gate {

struct MutatedContent {
  std::string location;  // as in findings
  std::string content;
};

// Nothing when `text` is not JSON, or has no location for this kind.
[[nodiscard]] std::optional<MutatedContent> mutate_json(std::string_view text, MutationKind kind,
                                                        std::mt19937_64& random);

// `form` is what the content was read as: Structured::name, or "text". Dropped are form fields, headers of parts,
// attributes and elements of markup, lines of text; of another type become form fields and texts of elements; values
// change by one letter or digit, and get shorter by one. JSON in lines, events and parts is mutated as JSON. Nothing
// for protobuf.
[[nodiscard]] std::optional<MutatedContent> mutate_text(std::string_view form, const body::MediaType& type,
                                                        std::string_view content, MutationKind kind,
                                                        std::mt19937_64& random);

// The neighbour of a letter or digit: the value is another one, and looks the same.
[[nodiscard]] char neighbour(char c);

}  // namespace tracerec::gate
