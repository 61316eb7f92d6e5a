// Reads tags one after the other with a stack of open elements. XML must close what it opens; HTML closes what it
// forgot when something further out ends, never closes its void elements, and has elements whose content is text
// whatever it looks like. Why not a library: docs/performance.md. Tests: tests/body/markup_test.cc.
#include "body/markup.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/ascii.h"
#include "base/text.h"
#include "body/entities.h"
#include "body/markup_tree.h"
#include "body/xml_namespaces.h"

namespace tracerec::body {
namespace {

// WHATWG HTML §13.1.2. In the raw ones entities mean nothing, in the others they are resolved.
constexpr std::array<std::string_view, 13> kVoid = {"area",  "base", "br",   "col",    "embed", "hr", "img",
                                                    "input", "link", "meta", "source", "track", "wbr"};
constexpr std::array<std::string_view, 2> kRawText = {"script", "style"};
constexpr std::array<std::string_view, 2> kEscapableRawText = {"textarea", "title"};
// A line end right after their start tag is not part of their text (WHATWG HTML §13.2.6.4.7).
constexpr std::array<std::string_view, 3> kPreserving = {"listing", "pre", "textarea"};

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool ends_name(char c) {
  return is_space(c) || c == '>' || c == '/' || c == '=';
}

// XML 1.0 §2.4, §4.1: each '&' begins a reference to something that is known.
bool has_known_references(std::string_view raw) {
  for (std::size_t at = raw.find('&'); at != std::string_view::npos; at = raw.find('&', at + 1)) {
    if (read_entity(raw, at, EntityRules::kXml).length == 0) return false;
  }
  return true;
}

bool is_xml_text(std::string_view raw) {
  return raw.find("]]>") == std::string_view::npos && has_known_references(raw);
}

// Where "</name" stands, any case; the end when it does not.
std::size_t find_end_tag(std::string_view text, std::string_view name) {
  std::size_t at = text.find("</");
  while (at != std::string_view::npos && !equals_ignoring_case(text.substr(at + 2, name.size()), name)) {
    at = text.find("</", at + 2);
  }
  return std::min(at, text.size());
}

class MarkupReader {
 public:
  MarkupReader(std::string_view text, Markup markup) : text_(text), rest_(text), markup_(markup) {
    open_.push_back(&root_);
  }

  std::optional<std::string> read(MarkupOrder order) {
    if (!read_tree()) return std::nullopt;
    std::string json;
    root_.append_json(json, order);
    return json;
  }

  // False when it is not such a document.
  [[nodiscard]] bool read_tree() {
    while (!rest_.empty()) {
      const std::size_t tag = std::min(rest_.find('<'), rest_.size());
      if (!is_html() && !is_xml_text(rest_.substr(0, tag))) return false;
      open_.back()->add_text(rest_.substr(0, tag), markup_);
      rest_.remove_prefix(tag);
      if (!rest_.empty() && !take_markup()) return false;
    }
    return is_whole();
  }

  [[nodiscard]] MarkupElement& root() { return root_; }

 private:
  [[nodiscard]] bool is_html() const { return markup_ == Markup::kHtml; }

  [[nodiscard]] bool is_whole() const {
    if (is_html()) return root_.children() > 0;
    return open_.size() == 1 && root_.children() == 1 && root_.text().empty();
  }

  bool take_markup() {
    if (rest_.starts_with("<!--")) return take_comment();
    if (rest_.starts_with("<![CDATA[")) return take_cdata();
    if (rest_.starts_with("<?")) return take_instruction();
    if (rest_.starts_with("<!")) return take_declaration();
    return rest_.starts_with("</") ? take_end() : take_start();
  }

  bool take_until(std::string_view start, std::string_view end) {
    const std::size_t at = rest_.find(end, start.size());
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + end.size());
    return true;
  }

  bool take_cdata() {
    constexpr std::size_t kStart = 9;
    const std::size_t end = rest_.find("]]>", kStart);
    if (end == std::string_view::npos) return false;
    open_.back()->add_raw_text(rest_.substr(kStart, end - kStart));
    rest_.remove_prefix(end + 3);
    return true;
  }

  bool take_comment() { return is_html() ? take_html_comment() : take_xml_comment(); }

  // XML 1.0 §2.5: no "--" inside.
  bool take_xml_comment() {
    const std::size_t dashes = rest_.find("--", 4);
    if (dashes == std::string_view::npos || !rest_.substr(dashes).starts_with("-->")) return false;
    return take_until("<!--", "-->");
  }

  // WHATWG HTML §13.2.5.43 and after: "<!-->" and "<!--->" are whole, and "--!>" ends one as well.
  bool take_html_comment() {
    const std::size_t end = rest_.find("-->", 2);
    const std::size_t bang = rest_.find("--!>", 4);
    if (std::min(end, bang) == std::string_view::npos) return false;
    rest_.remove_prefix(end < bang ? end + 3 : bang + 4);
    return true;
  }

  // XML 1.0 §2.8: the declaration stands at the very beginning.
  bool take_instruction() {
    const bool is_declaration = rest_.starts_with("<?xml") && rest_.size() > 5 && is_space(rest_[5]);
    if (!is_html() && is_declaration && rest_.size() != text_.size()) return false;
    return take_until("<?", "?>");
  }

  // <!DOCTYPE …>. In XML there is one, before the root element. One that declares entities or default values in
  // brackets would change what the document means: it is not read.
  bool take_declaration() {
    if (is_html()) return take_until("<!", ">");
    const bool is_first = open_.size() == 1 && root_.children() == 0 && !has_doctype_;
    const std::size_t end = rest_.find_first_of("[>");
    if (!is_first || end == std::string_view::npos || rest_[end] == '[') return false;
    has_doctype_ = true;
    return take_until("<!", ">");
  }

  bool take_end() {
    const std::size_t end = rest_.find('>');
    if (end == std::string_view::npos) return false;
    std::string_view name = rest_.substr(2, end - 2);
    while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
    rest_.remove_prefix(end + 1);
    if (is_html()) {
      close_html(to_lower(trim(name)));
      return true;
    }
    if (open_.size() < 2 || open_.back()->name() != name) return false;
    open_.pop_back();
    return true;
  }

  // And all that it holds. An end without a start means nothing.
  void close_html(const std::string& name) {
    const auto at =
        std::find_if(open_.rbegin(), open_.rend() - 1, [&](const MarkupElement* one) { return one->name() == name; });
    if (at != open_.rend() - 1) open_.erase(at.base() - 1, open_.end());
  }

  std::string take_name() {
    const auto end = std::find_if(rest_.begin(), rest_.end(), ends_name);
    std::string name(rest_.begin(), end);
    rest_.remove_prefix(name.size());
    return is_html() ? to_lower(name) : name;
  }

  bool take_start() {
    rest_.remove_prefix(1);
    const bool is_tag = !rest_.empty() && !ends_name(rest_.front()) && (!is_html() || is_letter(rest_.front()));
    if (!is_tag) {
      if (is_html()) open_.back()->add_raw_text("<");
      return is_html();
    }
    auto element = std::make_unique<MarkupElement>(take_name());
    bool closed = false;
    if (!take_attributes(*element, closed) || open_.size() > kMaxMarkupDepth) return false;
    element->preserve_space(preserves_space(*element));
    enter(open_.back()->add_child(std::move(element)), closed);
    return true;
  }

  void enter(MarkupElement* added, bool closed) {
    if (closed || (is_html() && is_one_of(kVoid, added->name()))) return;
    if (is_html() && is_one_of(kPreserving, added->name())) skip_line_end();
    if (is_html() && is_one_of(kRawText, added->name())) return added->add_raw_text(take_until_end_tag(added->name()));
    if (is_html() && is_one_of(kEscapableRawText, added->name())) {
      return added->add_text(take_until_end_tag(added->name()), markup_);
    }
    open_.push_back(added);
  }

  // Like the element around it, unless it says something of its own.
  [[nodiscard]] bool preserves_space(MarkupElement& element) {
    if (is_html()) return is_one_of(kPreserving, element.name()) || open_.back()->preserves_space();
    for (const auto& [name, value] : element.attributes()) {
      if (name == "xml:space") return value == "preserve";
    }
    return open_.back()->preserves_space();
  }

  void skip_line_end() {
    if (rest_.starts_with("\r\n")) return rest_.remove_prefix(2);
    if (rest_.starts_with('\n')) rest_.remove_prefix(1);
  }

  std::string_view take_until_end_tag(std::string_view name) {
    const std::string_view text = rest_.substr(0, find_end_tag(rest_, name));
    rest_.remove_prefix(text.size());
    rest_.remove_prefix(std::min(rest_.find('>'), rest_.size()));
    if (!rest_.empty()) rest_.remove_prefix(1);
    return text;
  }

  bool take_attributes(MarkupElement& element, bool& closed) {
    while (true) {
      const bool separated = skip_space();
      if (rest_.empty()) return false;
      if (rest_.front() == '>') break;
      closed = rest_.starts_with("/>");
      if (rest_.front() == '/') {
        if (!is_html() && !closed) return false;
        rest_.remove_prefix(1);
      } else if ((!is_html() && !separated) || !take_attribute(element)) {
        return false;
      }
    }
    rest_.remove_prefix(1);
    return true;
  }

  bool take_attribute(MarkupElement& element) {
    std::string name = take_name();
    if (name.empty()) return false;
    std::string value;
    skip_space();
    if (rest_.starts_with('=') && !take_value(value)) return false;
    element.add_attribute(std::move(name), std::move(value));
    return true;
  }

  bool take_value(std::string& value) {
    rest_.remove_prefix(1);
    skip_space();
    if (rest_.empty()) return false;
    const char quote = rest_.front();
    if (quote != '"' && quote != '\'') return is_html() && take_unquoted_value(value);
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) return false;
    const std::string_view raw = rest_.substr(1, end - 1);
    if (!is_html() && (raw.find('<') != std::string_view::npos || !has_known_references(raw))) return false;
    resolve(value, raw);
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool take_unquoted_value(std::string& value) {
    const auto* const end = std::find_if(rest_.begin(), rest_.end(), [](char c) { return is_space(c) || c == '>'; });
    const std::string_view raw = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    resolve(value, raw);
    rest_.remove_prefix(raw.size());
    return !raw.empty();
  }

  void resolve(std::string& value, std::string_view raw) const {
    append_without_entities(value, raw, is_html() ? EntityRules::kHtmlAttribute : EntityRules::kXml);
  }

  // Whether there was any.
  bool skip_space() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
    return rest_.size() != before;
  }

  std::string_view text_;
  std::string_view rest_;
  Markup markup_;
  MarkupElement root_;
  std::vector<MarkupElement*> open_;
  bool has_doctype_ = false;
};

}  // namespace

std::optional<std::string> markup_as_json(std::string_view text, Markup markup, MarkupOrder order) {
  return MarkupReader(text, markup).read(order);
}

std::optional<XmlPair> xml_pair_as_json(std::string_view first, std::string_view second) {
  MarkupReader a(first, Markup::kXml);
  MarkupReader b(second, Markup::kXml);
  if (!a.read_tree() || !b.read_tree()) return std::nullopt;
  if (!unify_namespaces(a.root(), b.root())) return std::nullopt;
  XmlPair pair;
  a.root().append_json(pair.first, MarkupOrder::kKept);
  b.root().append_json(pair.second, MarkupOrder::kKept);
  return pair;
}

}  // namespace tracerec::body
