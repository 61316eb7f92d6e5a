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

// What is read besides the tree itself.
enum class MarkupOrder {
  kLeftOut,
  kKept,  // an element without text of its own, but with children of several names, has their order in "#order"
};

// An element is its text, when it has nothing else; otherwise an object of "@attribute", "#text" and, by name, arrays
// of child elements. Where there is text beside children, "#text" has "<name/>" for each of them, and entities for the
// characters of the text that mean something in markup, so that no text looks like a child, and a text or a child that
// moves to another side is another text. Entities are resolved (body/entities.h). White space counts inside pre,
// textarea, script and style, and below xml:space="preserve" (XML 1.0 §2.10). Nothing when it is nested more than
// kMaxMarkupDepth deep, XML that is not well-formed, or HTML without any element. Time is O(n log n).
[[nodiscard]] std::optional<std::string> markup_as_json(std::string_view text, Markup markup,
                                                        MarkupOrder order = MarkupOrder::kLeftOut);
constexpr std::size_t kMaxMarkupDepth = 200;
constexpr std::string_view kMarkupOrder = "#order";

// Two XML documents, with "#order", in which a namespace that both know has the prefix of the first one (Namespaces in
// XML 1.0 §6), and without the declarations of such namespaces. Nothing when either is not XML, or both declare the
// same prefixes for the same namespaces: then names are what they are written as.
struct XmlPair {
  std::string first;
  std::string second;
};
[[nodiscard]] std::optional<XmlPair> xml_pair_as_json(std::string_view first, std::string_view second);

}  // namespace tracerec::body
