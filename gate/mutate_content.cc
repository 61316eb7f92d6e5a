// Each form tells where its values stand; how a value is mutated is the same for all of them.
#include "gate/mutate_content.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "base/percent.h"
#include "base/text.h"
#include "body/entities.h"
#include "body/form.h"
#include "body/json_document.h"
#include "body/json_path.h"
#include "body/multipart.h"

namespace tracerec::gate {
namespace {

constexpr std::size_t kMaxPlaces = 5000;  // of one response that are chosen from
constexpr int kTries = 16;                // JSON pieces may have no location for a kind

enum class Escapes { kNone, kPercent, kEntities };

struct Place {
  std::size_t begin = 0, end = 0;              // what is dropped; empty: cannot be
  std::size_t value_begin = 0, value_end = 0;  // the value alone
  std::string location;
  Escapes escapes = Escapes::kNone;
  bool is_json = false;
  bool has_type = false;  // it may become one of another type
};

class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {}

  [[nodiscard]] std::vector<Place> take() { return std::move(found_); }
  [[nodiscard]] bool full() const { return found_.size() >= kMaxPlaces; }
  [[nodiscard]] std::size_t end_of_line(std::size_t at) const { return std::min(text_.find('\n', at), text_.size()); }

  void add(Place place) {
    const std::string_view value = text_.substr(place.value_begin, place.value_end - place.value_begin);
    const std::size_t first = value.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || full()) return;
    place.is_json = place.escapes == Escapes::kNone && (value[first] == '{' || value[first] == '[') &&
                    body::JsonDocument::parse(value).has_value();
    found_.push_back(std::move(place));
  }

  // Of NDJSON and text; those of JSON are not dropped, for a stream may end anywhere.
  void add_lines(const std::string& location, bool droppable) {
    for (std::size_t at = 0; at < text_.size() && !full();) {
      const std::size_t end = end_of_line(at);
      const std::size_t next = std::min(end + 1, text_.size());
      const bool only = at == 0 && next == text_.size();
      const std::size_t skipped = text_[at] == '\x1E' ? 1 : 0;  // RFC 7464
      add({at, droppable && !only ? next : at, at + skipped, end, location});
      at = next;
    }
  }

  void add_events() {
    constexpr std::string_view kField = "data:";
    for (std::size_t at = 0; at < text_.size() && !full(); at = end_of_line(at) + 1) {
      if (text_.substr(at, kField.size()) != kField) continue;
      add({at, at, at + kField.size(), end_of_line(at), "$[*].data"});
    }
  }

  void add_fields() {
    std::size_t at = 0;
    while (const auto field = full() ? std::nullopt : body::next_form_field(text_, at)) {
      if (!field->has_value()) continue;
      body::JsonPath path;
      path.enter_member(decode_percent(field->name(text_), Plus::kIsSpace));
      // One "&" goes with it: the one after, or in front of the last.
      const bool last = field->end == text_.size();
      const std::size_t begin = last && field->begin > 0 ? field->begin - 1 : field->begin;
      add({begin, std::min(field->end + 1, text_.size()), field->value_begin, field->end, std::string(path.location()),
           Escapes::kPercent, false, true});
    }
  }

  void add_parts(const std::string& boundary) {
    body::MultipartReader reader(text_, boundary);
    while (const auto part = full() ? std::nullopt : reader.next()) add_part(*part);
  }

 private:
  void add_part(const body::Part& part) {
    std::string_view head = part.head(text_);
    std::size_t at = part.begin;
    while (const auto field = body::next_part_field(head)) {
      const std::size_t next = part.head_end - head.size();
      const std::size_t value = offset_of(field->value);
      body::JsonPath path;
      path.enter_element(0);
      path.enter_member(to_lower(field->name));
      add({at, next, value, value + field->value.size(), std::string(path.location())});
      at = next;
    }
    if (part.content_begin < part.end) add({at, at, part.content_begin, part.end, "$[*].body"});
  }

  [[nodiscard]] std::size_t offset_of(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - text_.data());
  }

  std::string_view text_;
  std::vector<Place> found_;
};

// Attributes, and elements that hold nothing but text. Follows the reader in markup.cc as far as is needed to know
// where things stand: what it does not understand has no locations.
class MarkupPlaces {
 public:
  MarkupPlaces(std::string_view text, bool html) : text_(text), html_(html), places_(text) {}

  std::vector<Place> find() {
    for (std::size_t at = text_.find('<'); at != std::string_view::npos && !places_.full(); at = text_.find('<', at)) {
      const std::size_t end = end_of_markup(at);
      if (end == std::string_view::npos) break;
      if (text_[at + 1] == '/') {
        close(at, end);
      } else if (text_[at + 1] == '!' || text_[at + 1] == '?') {
        if (!open_.empty()) open_.back().is_leaf = false;
      } else {
        open(at, end);
      }
      at = end;
    }
    return places_.take();
  }

 private:
  struct Open {
    std::string name;
    std::size_t begin = 0, text_begin = 0;
    bool is_leaf = true;
    bool has_attributes = false;
    body::JsonPath::Mark outside;
  };

  [[nodiscard]] std::size_t end_of(std::string_view closing, std::size_t at) const {
    const std::size_t found = text_.find(closing, at);
    return found == std::string_view::npos ? found : found + closing.size();
  }

  [[nodiscard]] std::size_t end_of_markup(std::size_t at) const {
    if (at + 1 >= text_.size()) return std::string_view::npos;
    if (text_.substr(at, 4) == "<!--") return end_of("-->", at + 4);
    if (text_.substr(at, 9) == "<![CDATA[") return end_of("]]>", at + 9);
    char quote = 0;
    for (std::size_t i = at + 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return i + 1;
      }
    }
    return std::string_view::npos;
  }

  void open(std::size_t at, std::size_t end) {
    const std::size_t name_end = std::min(text_.find_first_of(" \t\r\n/>", at), end);
    std::string name(text_.substr(at + 1, name_end - at - 1));
    if (html_) name = to_lower(name);
    if (!open_.empty()) open_.back().is_leaf = false;
    Open element{name, at, end, true, false, path_.mark()};
    path_.enter_member(name);
    path_.enter_element(0);
    element.has_attributes = add_attributes(name_end, end);
    static constexpr std::string_view kNotEntered =
        " area base br col embed hr img input link meta source track wbr script style ";
    const bool is_void = html_ && kNotEntered.find(" " + name + " ") != std::string_view::npos;
    if (text_[end - 2] == '/' || is_void) return path_.return_to(element.outside);
    open_.push_back(std::move(element));
  }

  // Quoted ones. True when there is any.
  bool add_attributes(std::size_t at, std::size_t end) {
    bool any = false;
    while (at < end) {
      const std::size_t begin = std::min(text_.find_first_not_of(" \t\r\n", at), end);
      const std::size_t equals = std::min(text_.find('=', begin), end);
      if (equals >= end)
        return any || text_.substr(begin, end - begin).find_first_not_of("/>") != std::string_view::npos;
      any = true;
      const std::size_t open_quote = text_.find_first_not_of(" \t\r\n", equals + 1);
      const std::size_t close_quote =
          text_[open_quote] == '"' || text_[open_quote] == '\'' ? text_.find(text_[open_quote], open_quote + 1) : end;
      if (close_quote >= end) return true;
      const body::JsonPath::Mark here = path_.mark();
      path_.enter_member("@" + std::string(trim(text_.substr(begin, equals - begin))));
      places_.add(
          {at, close_quote + 1, open_quote + 1, close_quote, std::string(path_.location()), Escapes::kEntities});
      path_.return_to(here);
      at = close_quote + 1;
    }
    return any;
  }

  void close(std::size_t at, std::size_t end) {
    std::string name(trim(text_.substr(at + 2, end - at - 3)));
    if (html_) name = to_lower(name);
    const auto found = std::find_if(open_.rbegin(), open_.rend(), [&](const Open& one) { return one.name == name; });
    if (found == open_.rend()) return;
    const Open& element = *found;
    if (found == open_.rbegin() && element.is_leaf) {
      if (element.has_attributes) path_.enter_member("#text");
      places_.add({element.begin, end, element.text_begin, at, std::string(path_.location()), Escapes::kEntities, false,
                   !element.has_attributes});
    }
    path_.return_to(element.outside);
    open_.erase(found.base() - 1, open_.end());
  }

  std::string_view text_;
  bool html_;
  Places places_;
  body::JsonPath path_;
  std::vector<Open> open_;
};

std::vector<Place> places_of(std::string_view form, const body::MediaType& type, std::string_view text) {
  if (form == "xml" || form == "html") return MarkupPlaces(text, form == "html").find();
  Places places(text);
  if (form == "ndjson") places.add_lines("$[*]", false);
  if (form == "text") places.add_lines("body", true);
  if (form == "sse") places.add_events();
  if (form == "form") places.add_fields();
  if (form == "multipart") places.add_parts(type.boundary);
  return places.take();
}

// The first letter or digit that is not part of an escape; npos: there is none.
std::size_t telling_character(std::string_view text, const Place& place) {
  for (std::size_t i = place.value_begin; i < place.value_end; ++i) {
    if (place.escapes == Escapes::kPercent && text[i] == '%') {
      i += 2;
    } else if (place.escapes == Escapes::kEntities && text[i] == '&') {
      const std::size_t length = body::read_entity(text, i, body::EntityRules::kHtml).length;
      i += length == 0 ? 0 : length - 1;
    } else if (is_letter_or_digit(text[i])) {
      return i;
    }
  }
  return std::string_view::npos;
}

std::string replaced(std::string_view text, std::size_t begin, std::size_t end, std::string_view by) {
  return std::string(text.substr(0, begin)) + std::string(by) + std::string(text.substr(end));
}

std::optional<MutatedContent> mutate_piece(std::string_view text, const Place& place, MutationKind kind,
                                           std::mt19937_64& random) {
  const std::string_view piece = text.substr(place.value_begin, place.value_end - place.value_begin);
  auto mutated = mutate_json(piece, kind, random);
  if (!mutated) return std::nullopt;
  return MutatedContent{place.location + mutated->location.substr(1),
                        replaced(text, place.value_begin, place.value_end, mutated->content)};
}

// An element's text becomes an element; a field's word a number, and the other way round.
std::string other_type(std::string_view text, const Place& place) {
  if (place.escapes == Escapes::kEntities) return replaced(text, place.value_begin, place.value_begin, "<changed/>");
  const std::string_view value = text.substr(place.value_begin, place.value_end - place.value_begin);
  const bool is_number = value.find_first_not_of("0123456789.-") == std::string_view::npos;
  return replaced(text, place.value_begin, place.value_end, is_number ? "changed" : "4711");
}

std::optional<MutatedContent> mutate_location(std::string_view text, const Place& place, MutationKind kind) {
  const std::size_t at = telling_character(text, place);
  switch (kind) {
    case MutationKind::kDropKey:
      if (place.begin == place.end) return std::nullopt;
      return MutatedContent{place.location, replaced(text, place.begin, place.end, {})};
    case MutationKind::kChangeType:
      if (!place.has_type) return std::nullopt;
      return MutatedContent{place.location, other_type(text, place)};
    case MutationKind::kChangeValue:
      if (at == std::string_view::npos) return std::nullopt;
      return MutatedContent{place.location, replaced(text, at, at + 1, std::string(1, neighbour(text[at])))};
    case MutationKind::kChangeLength:
      if (at == std::string_view::npos) return std::nullopt;
      return MutatedContent{place.location, replaced(text, at, at + 1, {})};
    case MutationKind::kChangeStatus:
      break;
  }
  return std::nullopt;
}

}  // namespace

char neighbour(char c) {
  if (c == '9') return '0';
  if (c == 'z' || c == 'Z') return static_cast<char>(c - 25);
  return static_cast<char>(c + 1);
}

std::optional<MutatedContent> mutate_text(std::string_view form, const body::MediaType& type, std::string_view content,
                                          MutationKind kind, std::mt19937_64& random) {
  const std::vector<Place> places = places_of(form, type, content);
  for (int i = 0; i < kTries && !places.empty(); ++i) {
    const Place& place = places[random() % places.size()];
    auto mutated = place.is_json ? mutate_piece(content, place, kind, random) : mutate_location(content, place, kind);
    if (mutated) return mutated;
  }
  return std::nullopt;
}

}  // namespace tracerec::gate
