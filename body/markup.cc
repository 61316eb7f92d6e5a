// Reads tags one after the other with a stack of open elements. XML must close what it opens; HTML closes what it
// forgot when something further out ends, never closes its void elements, and has raw text in script and style.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "body/structured.h"

namespace tracerec::body {
namespace {

// WHATWG HTML §13.1.2.
constexpr std::array<std::string_view, 13> kVoid = {"area",  "base", "br",   "col",    "embed", "hr", "img",
                                                    "input", "link", "meta", "source", "track", "wbr"};

struct Element {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;
  std::vector<std::unique_ptr<Element>> children;
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void skip_space(std::string_view& rest) {
  while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
}

std::string entity_text(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNamed = {
      {{"lt", "<"}, {"gt", ">"}, {"amp", "&"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", "\xC2\xA0"}}};
  for (const auto& [known, text] : kNamed) {
    if (known == name) return std::string(text);
  }
  return "&" + std::string(name) + ";";
}

std::string resolved(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t semicolon = text.front() == '&' ? text.substr(0, 12).find(';') : std::string_view::npos;
    if (semicolon == std::string_view::npos) {
      result += text.front();
      text.remove_prefix(1);
    } else {
      result += entity_text(text.substr(1, semicolon - 1));
      text.remove_prefix(semicolon + 1);
    }
  }
  return result;
}

// Runs of white space are one space in HTML, and indentation means nothing in either.
void add_text(Element& element, std::string_view raw, bool html) {
  if (std::all_of(raw.begin(), raw.end(), is_space)) return;
  const std::string text = resolved(raw);
  if (!html) {
    element.text += text;
    return;
  }
  for (const char c : text) {
    const bool space = is_space(c);
    if (space && (element.text.empty() || element.text.back() == ' ')) continue;
    element.text += space ? ' ' : c;
  }
}

class MarkupReader {
 public:
  MarkupReader(std::string_view text, bool html) : rest_(text), html_(html) { open_.push_back(&root_); }

  std::optional<std::string> read() {
    while (!rest_.empty()) {
      const std::size_t tag = std::min(rest_.find('<'), rest_.size());
      add_text(*open_.back(), rest_.substr(0, tag), html_);
      rest_.remove_prefix(tag);
      if (!rest_.empty() && !take_markup()) return std::nullopt;
    }
    const bool whole =
        html_ ? !root_.children.empty() : open_.size() == 1 && root_.children.size() == 1 && root_.text.empty();
    if (!whole) return std::nullopt;
    std::string json;
    write(root_, json);
    return json;
  }

 private:
  bool take_until(std::string_view start, std::string_view end) {
    const std::size_t at = rest_.find(end, start.size());
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + end.size());
    return true;
  }

  bool take_markup() {
    if (rest_.starts_with("<!--")) return take_until("<!--", "-->");
    if (rest_.starts_with("<![CDATA[")) return take_cdata();
    if (rest_.starts_with("<?")) return take_until("<?", "?>");
    if (rest_.starts_with("<!")) return take_until("<!", ">");
    return rest_.starts_with("</") ? take_end() : take_start();
  }

  bool take_cdata() {
    const std::size_t end = rest_.find("]]>");
    if (end == std::string_view::npos) return false;
    open_.back()->text += rest_.substr(9, end - 9);
    rest_.remove_prefix(end + 3);
    return true;
  }

  bool take_end() {
    const std::size_t end = rest_.find('>');
    if (end == std::string_view::npos) return false;
    std::string name(trim(rest_.substr(2, end - 2)));
    rest_.remove_prefix(end + 1);
    if (!html_) {
      if (open_.size() < 2 || open_.back()->name != name) return false;
      open_.pop_back();
      return true;
    }
    name = to_lower(name);
    const auto at =
        std::find_if(open_.rbegin(), open_.rend() - 1, [&](const Element* one) { return one->name == name; });
    if (at != open_.rend() - 1) open_.erase(at.base() - 1, open_.end());
    return true;
  }

  std::string take_name() {
    const auto end = std::find_if(rest_.begin(), rest_.end(),
                                  [](char c) { return is_space(c) || c == '>' || c == '/' || c == '='; });
    std::string name(rest_.begin(), end);
    rest_.remove_prefix(name.size());
    return html_ ? to_lower(name) : name;
  }

  bool take_start() {
    rest_.remove_prefix(1);
    auto element = std::make_unique<Element>();
    element->name = take_name();
    if (element->name.empty()) {
      if (!html_) return false;
      open_.back()->text += '<';
      return true;
    }
    bool closed = false;
    if (!take_attributes(*element, closed)) return false;
    if (open_.size() > kMaxMarkupDepth) return false;
    Element* added = open_.back()->children.emplace_back(std::move(element)).get();
    if (closed || (html_ && std::find(kVoid.begin(), kVoid.end(), added->name) != kVoid.end())) return true;
    if (html_ && (added->name == "script" || added->name == "style")) return take_raw_text(*added);
    open_.push_back(added);
    return true;
  }

  bool take_attributes(Element& element, bool& closed) {
    while (true) {
      skip_space(rest_);
      if (rest_.empty()) return false;
      if (rest_.front() == '>') break;
      if (rest_.front() == '/') {
        closed = rest_.starts_with("/>");
        rest_.remove_prefix(1);
        continue;
      }
      std::string name = take_name();
      if (name.empty()) return false;
      std::string value;
      skip_space(rest_);
      if (rest_.starts_with('=') && !take_value(value)) return false;
      element.attributes.emplace_back(std::move(name), std::move(value));
    }
    rest_.remove_prefix(1);
    return true;
  }

  bool take_value(std::string& value) {
    rest_.remove_prefix(1);
    skip_space(rest_);
    if (rest_.empty()) return false;
    const char quote = rest_.front();
    if (quote != '"' && quote != '\'') {
      const auto end = std::find_if(rest_.begin(), rest_.end(), [](char c) { return is_space(c) || c == '>'; });
      value = std::string(rest_.begin(), end);
      rest_.remove_prefix(value.size());
      return html_ && !value.empty();
    }
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) return false;
    value = resolved(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool take_raw_text(Element& element) {
    const std::string end_tag = "</" + element.name;
    const std::size_t end = std::min(rest_.find(end_tag), rest_.size());
    element.text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    const std::size_t close = std::min(rest_.find('>'), rest_.size());
    rest_.remove_prefix(std::min(close + 1, rest_.size()));
    return true;
  }

  // Depth is bounded by kMaxMarkupDepth.
  static void write(const Element& element, std::string& json) {
    if (element.attributes.empty() && element.children.empty()) return append_json_string(json, element.text);
    json += '{';
    for (const auto& [name, value] : element.attributes) member(json, "@" + name, value);
    if (!element.text.empty()) member(json, "#text", element.text);
    std::vector<const Element*> children;
    for (const auto& child : element.children) children.push_back(child.get());
    std::stable_sort(children.begin(), children.end(),
                     [](const Element* a, const Element* b) { return a->name < b->name; });
    for (std::size_t i = 0; i < children.size(); ++i) {
      const bool first = i == 0 || children[i - 1]->name != children[i]->name;
      if (first) {
        if (json.back() != '{') json += ',';
        append_json_string(json, children[i]->name);
        json += ":[";
      } else {
        json += ',';
      }
      write(*children[i], json);
      if (i + 1 == children.size() || children[i + 1]->name != children[i]->name) json += ']';
    }
    json += '}';
  }

  static void member(std::string& json, const std::string& name, const std::string& value) {
    if (json.back() != '{') json += ',';
    append_json_string(json, name);
    json += ':';
    append_json_string(json, value);
  }

  std::string_view rest_;
  bool html_;
  Element root_;
  std::vector<Element*> open_;
};

}  // namespace

std::optional<std::string> markup_as_json(std::string_view text, bool html) {
  return MarkupReader(text, html).read();
}

}  // namespace tracerec::body
