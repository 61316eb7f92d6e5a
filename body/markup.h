// XML and HTML as trees. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tracerec::body {

enum class Markup {
  kXml,   // XML 1.0; a DOCTYPE with declarations in it is not read
  kHtml,  // as forgiving as it is written: what is not closed ends with what is around it
};

// An element is its text, when it has nothing else; otherwise an object of "@attribute", "#text" and, by name, arrays
// of child elements. Where there is text beside children, "#text" has "<name/>" for each of them, and entities for the
// characters of the text that mean something in markup, so that no text looks like a child, and a text or a child that
// moves to another side is another text. Entities are resolved (body/entities.h). Nothing when it is
// nested more than kMaxMarkupDepth deep, XML that is not well-formed, or HTML without any element. Time is
// O(n log n).
[[nodiscard]] std::optional<std::string> markup_as_json(std::string_view text, Markup markup);
constexpr std::size_t kMaxMarkupDepth = 200;

}  // namespace tracerec::body
