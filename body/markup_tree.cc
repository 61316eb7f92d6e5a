#include "body/markup_tree.h"

#include <algorithm>

#include "base/ascii.h"
#include "body/entities.h"
#include "body/json_text.h"

namespace tracerec::body {
namespace {

void append_member(std::string& json, std::string_view prefix, std::string_view name, std::string_view value) {
  if (json.back() != '{') json += ',';
  append_json_string(json, std::string(prefix).append(name));
  json += ':';
  append_json_string(json, value);
}

}  // namespace

void MarkupElement::add_attribute(std::string name, std::string value) {
  attributes_.emplace_back(std::move(name), std::move(value));
}

MarkupElement* MarkupElement::add_child(std::unique_ptr<MarkupElement> child) {
  return children_.emplace_back(std::move(child)).get();
}

void MarkupElement::add_text(std::string_view raw, Markup markup) {
  if (raw.empty() || (!preserves_space_ && std::all_of(raw.begin(), raw.end(), is_space))) return;
  mark_children();
  if (markup == Markup::kXml || preserves_space_) {
    return append_without_entities(text_, raw, markup == Markup::kXml ? EntityRules::kXml : EntityRules::kHtml);
  }
  if (raw.find('&') == std::string_view::npos) return add_collapsed(raw);
  std::string resolved;
  append_without_entities(resolved, raw, EntityRules::kHtml);
  add_collapsed(resolved);
}

void MarkupElement::add_raw_text(std::string_view raw) {
  if (raw.empty()) return;
  mark_children();
  text_ += raw;
  space_would_show_ = !raw.ends_with(' ');
}

void MarkupElement::add_collapsed(std::string_view text) {
  for (const char c : text) {
    const bool space = is_space(c);
    if (!space || space_would_show_) text_ += space ? ' ' : c;
    space_would_show_ = !space;
  }
}

// "a<b/>c": the text with its children in their places. What the text itself has of '<' and '&' is written as entities
// then, so that no text looks like a child.
std::string MarkupElement::mixed_text() const {
  if (children_.empty()) return text_;
  std::string mixed;
  std::size_t done = 0;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    const std::size_t mark = i < marks_.size() ? marks_[i] : text_.size();
    append_with_entities(mixed, std::string_view(text_).substr(done, mark - done));
    mixed.append("<").append(children_[i]->name_).append("/>");
    done = mark;
  }
  append_with_entities(mixed, std::string_view(text_).substr(done));
  return mixed;
}

void MarkupElement::append_json(std::string& json, MarkupOrder order) const {
  if (attributes_.empty() && children_.empty()) return append_json_string(json, text_);
  json += '{';
  for (const auto& [name, value] : attributes_) append_member(json, "@", name, value);
  if (!text_.empty()) append_member(json, "#text", "", mixed_text());
  if (order == MarkupOrder::kKept && text_.empty()) append_order(json);
  append_children(json, order);
  json += '}';
}

// One name says nothing about order. Names have no white space in them.
void MarkupElement::append_order(std::string& json) const {
  const auto other_name = [this](const auto& child) { return child->name_ != children_.front()->name_; };
  if (std::none_of(children_.begin(), children_.end(), other_name)) return;
  std::string names;
  for (const auto& child : children_) names += (names.empty() ? "" : " ") + child->name_;
  append_member(json, "", kMarkupOrder, names);
}

// By name, each in the order of the document.
void MarkupElement::append_children(std::string& json, MarkupOrder order) const {
  std::vector<const MarkupElement*> sorted;
  sorted.reserve(children_.size());
  for (const auto& child : children_) sorted.push_back(child.get());
  const auto by_name = [](const MarkupElement* a, const MarkupElement* b) { return a->name_ < b->name_; };
  std::stable_sort(sorted.begin(), sorted.end(), by_name);
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto last = std::upper_bound(first, sorted.end(), *first, by_name);
    if (json.back() != '{') json += ',';
    append_json_string(json, (*first)->name_);
    char separator = '[';
    json += ':';
    for (; first != last; ++first, separator = ',') {
      json += separator;
      (*first)->append_json(json, order);
    }
    json += ']';
  }
}

}  // namespace tracerec::body
