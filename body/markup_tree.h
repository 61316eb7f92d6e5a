// What body/markup.cc builds while it reads; nobody else's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "body/markup.h"

namespace tracerec::body {

// An element, or the document itself. The deepest is kMaxMarkupDepth down, so that recursion is safe.
class MarkupElement {
 public:
  MarkupElement() = default;
  explicit MarkupElement(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::size_t children() const { return children_.size(); }

  void add_attribute(std::string name, std::string value);
  MarkupElement* add_child(std::unique_ptr<MarkupElement> child);

  // Text with entities. White space alone means nothing; in HTML runs of it are one space.
  void add_text(std::string_view raw, Markup markup);
  // Text as it stands (CDATA, scripts).
  void add_raw_text(std::string_view raw);

  void append_json(std::string& json) const;

 private:
  void add_collapsed(std::string_view text);
  // The children since the last text stand here in it.
  void mark_children() { marks_.resize(children_.size(), text_.size()); }
  [[nodiscard]] std::string mixed_text() const;
  void append_children(std::string& json) const;

  std::string name_;
  std::vector<std::pair<std::string, std::string>> attributes_;
  std::string text_;
  std::vector<std::unique_ptr<MarkupElement>> children_;
  std::vector<std::size_t> marks_;  // where in the text the first children stand; the others come after it
  bool space_would_show_ = false;   // a text came, and did not end in a space
};

}  // namespace tracerec::body
