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

  using Attribute = std::pair<std::string, std::string>;
  [[nodiscard]] std::vector<Attribute>& attributes() { return attributes_; }
  [[nodiscard]] const std::vector<std::unique_ptr<MarkupElement>>& elements() const { return children_; }
  void rename(std::string name) { name_ = std::move(name); }

  // White space inside it counts.
  void preserve_space(bool preserve) { preserves_space_ = preserve; }
  [[nodiscard]] bool preserves_space() const { return preserves_space_; }

  void add_attribute(std::string name, std::string value);
  MarkupElement* add_child(std::unique_ptr<MarkupElement> child);

  // Text with entities. White space alone means nothing, and in HTML runs of it are one space, unless it is preserved.
  void add_text(std::string_view raw, Markup markup);
  // Text as it stands (CDATA, scripts).
  void add_raw_text(std::string_view raw);

  void append_json(std::string& json, MarkupOrder order) const;

 private:
  void add_collapsed(std::string_view text);
  // The children since the last text stand here in it.
  void mark_children() { marks_.resize(children_.size(), text_.size()); }
  [[nodiscard]] std::string mixed_text() const;
  void append_order(std::string& json) const;
  void append_children(std::string& json, MarkupOrder order) const;

  std::string name_;
  std::vector<std::pair<std::string, std::string>> attributes_;
  std::string text_;
  std::vector<std::unique_ptr<MarkupElement>> children_;
  std::vector<std::size_t> marks_;  // where in the text the first children stand; the others come after it
  bool space_would_show_ = false;   // a text came, and did not end in a space
  bool preserves_space_ = false;
};

}  // namespace tracerec::body
