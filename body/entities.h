// Character references of HTML and XML: "&amp;", "&#233;", "&#xE9;". Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tracerec::body {

// By whose rules they are read.
enum class EntityRules {
  kXml,            // XML 1.0 §4.1: with a semicolon; numbers of characters it allows, and names, of which it has five
                   // itself: the others are those that the DTDs of XHTML declare
  kHtml,           // WHATWG HTML §13.2.5.72: all names, some without a semicolon, and numbers
  kHtmlAttribute,  // the same, but "&copy=1" stays as it is, for it stands in a URL
};

struct Entity {
  std::size_t length = 0;          // in the text, from the '&'; 0: none stands there
  char32_t first = 0, second = 0;  // what it stands for; second is 0 for most
};

// What begins with the '&' at `at`.
[[nodiscard]] Entity read_entity(std::string_view text, std::size_t at, EntityRules rules);

// Appends what `text` means; what looks like a reference and is none stays as it is.
void append_without_entities(std::string& out, std::string_view text, EntityRules rules);

// Appends `text` with the five characters that mean something in markup written as entities: for a text, and for an
// attribute in either quotes.
void append_with_entities(std::string& out, std::string_view text);

}  // namespace tracerec::body
