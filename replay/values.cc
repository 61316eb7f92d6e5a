#include "replay/values.h"

#include <algorithm>
#include <array>

#include "base/percent.h"
#include "base/text.h"
#include "body/entities.h"
#include "body/form.h"
#include "body/json_text.h"
#include "http/decode.h"
#include "http/encode.h"
#include "http/message.h"
#include "http/normalize.h"
#include "replay/set_cookie.h"

// How this works. A head is walked line by line, in place, so that every value knows its bytes. URLs inside values are
// taken apart in the same way as the target. A folded field is passed over: nobody has sent one for years.
// Tests: tests/replay/values_test.cc.

namespace tracerec::replay {
namespace {

// They tell of the message, the program or the moment, never of a session.
constexpr std::array<std::string_view, 34> kPassedOver = {"host",
                                                          "user-agent",
                                                          "accept",
                                                          "accept-encoding",
                                                          "accept-language",
                                                          "accept-ranges",
                                                          "accept-charset",
                                                          "content-type",
                                                          "content-length",
                                                          "content-encoding",
                                                          "content-language",
                                                          "transfer-encoding",
                                                          "connection",
                                                          "keep-alive",
                                                          "cache-control",
                                                          "pragma",
                                                          "date",
                                                          "server",
                                                          "vary",
                                                          "allow",
                                                          "expires",
                                                          "expect",
                                                          "te",
                                                          "trailer",
                                                          "upgrade",
                                                          "via",
                                                          "age",
                                                          "origin",
                                                          "range",
                                                          "content-range",
                                                          "dnt",
                                                          "x-forwarded-for",
                                                          "x-powered-by",
                                                          "strict-transport-security"};

bool is_passed_over(std::string_view name) {
  return std::any_of(kPassedOver.begin(), kPassedOver.end(), [&](std::string_view known) {
    return known.size() == name.size() && equals_ignoring_case(known, name);
  });
}

bool is_url(std::string_view text) {
  return text.starts_with("/") || text.starts_with("http://") || text.starts_with("https://");
}

// One field line: name and trimmed value, by position.
struct Line {
  std::string_view name;
  std::string_view value;
};

// Calls visit(Line) for each field that is not folded. Stops when it returns false.
template <class Visit>
void for_each_line(std::string_view head, const Visit& visit) {
  std::size_t at = head.find('\n');
  while (at != std::string_view::npos && at + 1 < head.size()) {
    const std::size_t begin = at + 1;
    at = head.find('\n', begin);
    const std::string_view line = head.substr(begin, at == std::string_view::npos ? at : at - begin);
    const bool folded =
        line.starts_with(' ') || line.starts_with('\t') ||
        (at != std::string_view::npos && at + 1 < head.size() && (head[at + 1] == ' ' || head[at + 1] == '\t'));
    const std::size_t colon = line.find(':');
    if (folded || colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    if (value.ends_with('\r')) value.remove_suffix(1);
    if (!visit(Line{trim(line.substr(0, colon)), trim(value)})) return;
  }
}

// The target between the two spaces of the first line that is not empty.
std::string_view target_in(std::string_view head) {
  while (head.starts_with('\r') || head.starts_with('\n')) head.remove_prefix(1);
  const std::string_view line = head.substr(0, head.find('\n'));
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos) return {};
  const std::size_t last = line.rfind(" HTTP/");
  if (last == std::string_view::npos || last <= first) return {};
  return line.substr(first + 1, last - first - 1);
}

// Where the path of a URL begins.
std::size_t path_begin(std::string_view url) {
  const std::size_t slashes = url.find("//");
  const bool absolute = url.starts_with("http") && slashes != std::string_view::npos && slashes <= 6;
  if (!absolute) return 0;
  return std::min(url.find_first_of("/?#", slashes + 2), url.size());
}

class Walker {
 public:
  Walker(std::string_view head, std::string_view content, ValueSink& sink)
      : head_(head), content_(content), sink_(sink) {}

  void request() {
    const std::string_view target = target_in(head_);
    if (!target.empty()) url(nullptr, target, true, offset_in(head_, target), {});
    for_each_line(head_, [&](const Line& line) {
      if (is("content-type", line.name)) type_ = line.value;
      if (is("cookie", line.name)) {
        cookies(line);
      } else if (!is_passed_over(line.name)) {
        header(line);
      }
      return true;
    });
    body(false);
  }

  void response() {
    for_each_line(head_, [&](const Line& line) {
      if (is("content-type", line.name)) type_ = line.value;
      if (is("set-cookie", line.name)) {
        set_cookie(line);
      } else if (!is_passed_over(line.name)) {
        header(line);
      }
      return true;
    });
    body(true);
  }

 private:
  static bool is(std::string_view known, std::string_view name) {
    return known.size() == name.size() && equals_ignoring_case(known, name);
  }

  static std::size_t offset_in(std::string_view whole, std::string_view part) {
    return static_cast<std::size_t>(part.data() - whole.data());
  }

  Value in_head(LocationKind kind, std::string_view name, std::string_view raw) const {
    Value value;
    value.kind = kind;
    value.name = name;
    value.text = raw;
    value.begin = offset_in(head_, raw);
    value.end = value.begin + raw.size();
    return value;
  }

  void tell(Value& value, std::string_view raw, bool plus) {
    if (raw.empty()) return;
    std::string decoded;
    value.coding.sparing = raw.find('%') == std::string_view::npos;
    if (raw.find('%') != std::string_view::npos || (plus && raw.find('+') != std::string_view::npos)) {
      decoded = decode_percent(raw, plus ? Plus::kIsSpace : Plus::kIsPlus);
      value.text = decoded;
    } else {
      value.text = raw;
    }
    sink_.on_value(value);
  }

  // `raw` stands at `offset` of head or content, written in `outer`; SIZE_MAX: its bytes is not known.
  void url(const Value* whole, std::string_view raw, bool in_head, std::size_t offset, Coding outer) {
    const std::size_t begin = path_begin(raw);
    const std::size_t end = std::min(raw.find_first_of("?#", begin), raw.size());
    Value value;
    value.whole = whole;
    value.in_head = in_head;
    value.coding = outer;
    value.coding.percent = true;
    segments(value, raw, begin, end, offset);
    if (end < raw.size() && raw[end] == '?') {
      const std::size_t stop = std::min(raw.find('#', end), raw.size());
      fields(LocationKind::kQuery, value, raw.substr(end + 1, stop - end - 1),
             offset == SIZE_MAX ? offset : offset + end + 1);
    }
  }

  void segments(Value& value, std::string_view raw, std::size_t begin, std::size_t end, std::size_t offset) {
    value.kind = LocationKind::kPathSegment;
    std::size_t at = begin;
    while (at < end) {
      if (raw[at] == '/') ++at;
      const std::size_t stop = std::min(raw.find('/', at), end);
      ++value.number;
      value.path_before = raw.substr(begin, at == begin ? 0 : at - 1 - begin);
      place_at(value, offset, at, stop);
      tell(value, raw.substr(at, stop - at), false);
      at = stop;
    }
    value.path_before = raw.substr(begin, end - begin);
  }

  static void place_at(Value& value, std::size_t offset, std::size_t begin, std::size_t end) {
    value.begin = offset == SIZE_MAX ? 0 : offset + begin;
    value.end = offset == SIZE_MAX ? 0 : offset + end;
  }

  void fields(LocationKind kind, Value& value, std::string_view raw, std::size_t offset) {
    value.kind = kind;
    value.coding.percent = value.coding.plus = true;
    std::size_t at = 0;
    while (const auto field = body::next_form_field(raw, at)) {
      if (!field->has_value()) continue;
      value.name = field->name(raw);
      place_at(value, offset, field->value_begin, field->end);
      tell(value, field->value(raw), true);
    }
  }

  void header(const Line& line) {
    if (is("etag", line.name) || is("if-match", line.name) || is("if-none-match", line.name)) return tags(line);
    if (is("if-range", line.name) && line.value.find('"') != std::string_view::npos) return tags(line);
    if (is_modification_time(line.name)) return date(line);
    if (is("link", line.name)) return links(line);
    std::string_view raw = line.value;
    const std::size_t space = raw.find(' ');
    if (space != std::string_view::npos) {
      const std::string_view scheme = raw.substr(0, space);
      const bool word =
          std::all_of(scheme.begin(), scheme.end(), [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; });
      if (!word || raw.find(' ', space + 1) != std::string_view::npos) return;
      raw.remove_prefix(space + 1);
    }
    if (raw.empty()) return;
    const Value value = in_head(LocationKind::kHeader, line.name, raw);
    if (is_url(raw)) return url(&value, raw, true, value.begin, {});
    sink_.on_value(value);
  }

  // The server compares it with its own, text for text or as a time: it goes back as it came (RFC 9110 §8.8.2).
  void date(const Line& line) {
    if (!line.value.empty()) sink_.on_value(in_head(LocationKind::kHeader, line.name, line.value));
  }

  // What is between the quotes of each entity tag (RFC 9110 §8.8.3).
  void tags(const Line& line) {
    std::size_t at = 0;
    while ((at = line.value.find('"', at)) != std::string_view::npos) {
      const std::size_t end = line.value.find('"', at + 1);
      if (end == std::string_view::npos) return;
      if (end > at + 1)
        sink_.on_value(in_head(LocationKind::kHeader, line.name, line.value.substr(at + 1, end - at - 1)));
      at = end + 1;
    }
  }

  // <URL>; rel="next" (RFC 8288): the relation becomes part of the name.
  void links(const Line& line) {
    std::string_view rest = line.value;
    for (std::size_t open = rest.find('<'); open != std::string_view::npos; open = rest.find('<')) {
      const std::size_t close = rest.find('>', open);
      if (close == std::string_view::npos) return;
      const std::string_view target = rest.substr(open + 1, close - open - 1);
      rest.remove_prefix(close + 1);
      std::string_view relation = rest.substr(0, rest.find('<'));
      const std::size_t rel = relation.find("rel=");
      relation = rel == std::string_view::npos ? std::string_view{} : relation.substr(rel + 4);
      if (relation.starts_with('"')) relation.remove_prefix(1);
      relation = relation.substr(0, relation.find_first_of("\",; "));
      const std::string name = std::string(line.name) + " " + std::string(relation);
      Value value = in_head(LocationKind::kHeader, name, target);
      if (!target.empty()) url(&value, target, true, value.begin, {});
    }
  }

  void cookies(const Line& line) {
    for (std::size_t at = 0; at < line.value.size();) {
      const std::size_t stop = std::min(line.value.find(';', at), line.value.size());
      cookie(trim(line.value.substr(at, stop - at)));
      at = stop + 1;
    }
  }

  void set_cookie(const Line& line) {
    if (!ends_cookie(line.value)) cookie(trim(line.value.substr(0, line.value.find(';'))));
  }

  // Cookies go back as they came, whatever is written in them: nothing is decoded.
  void cookie(std::string_view pair) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return;
    std::string_view raw = trim(pair.substr(equals + 1));
    if (raw.size() >= 2 && raw.starts_with('"') && raw.ends_with('"')) raw = raw.substr(1, raw.size() - 2);
    if (raw.empty()) return;
    const Value value = in_head(LocationKind::kCookie, trim(pair.substr(0, equals)), raw);
    sink_.on_value(value);
    // A source reads it and sends it in a header: decoded.
    if (raw.find('%') != std::string_view::npos) {
      Value part = value;
      part.whole = &value;
      part.kind = LocationKind::kHeader;
      part.name = "decoded";
      part.begin = part.end = 0;
      tell(part, raw, false);
    }
  }

  void body(bool is_response) {
    if (content_.empty()) return;
    const std::size_t first = content_.find_first_not_of(" \t\r\n");
    const char start = first == std::string_view::npos ? ' ' : content_[first];
    const std::string type = to_lower(type_.substr(0, type_.find(';')));
    if (start == '{' || start == '[' || type.ends_with("json")) return json();
    if (type.starts_with("application/x-www-form-urlencoded")) {
      Value value;
      value.in_head = false;
      return fields(LocationKind::kForm, value, content_, 0);
    }
    if (!is_response) return;
    if (type.find("html") != std::string::npos) return html();
    word();
  }

  void json() {
    class Leaves final : public JsonLeafSink {
     public:
      explicit Leaves(Walker& walker) : walker_(walker) {}
      void on_leaf(const JsonLeaf& leaf) override { walker_.leaf(leaf); }

     private:
      Walker& walker_;
    } leaves(*this);
    (void)for_each_json_leaf(content_, leaves);
  }

  void leaf(const JsonLeaf& leaf) {
    if (leaf.raw.empty() || leaf.raw.size() > kMaxContentBytes) return;
    Value value;
    value.kind = LocationKind::kJson;
    value.in_head = false;
    value.path = &leaf.path;
    value.coding.json = true;
    value.coding.bare = !leaf.is_string;
    value.begin = leaf.begin;
    value.end = leaf.begin + leaf.raw.size();
    name_leaf(value, leaf.path);
    const bool escaped = leaf.is_string && leaf.raw.find('\\') != std::string_view::npos;
    std::string decoded;
    if (escaped && !body::append_json_unescaped(decoded, leaf.raw)) return;
    value.text = escaped ? std::string_view(decoded) : leaf.raw;
    if (leaf.is_string && is_url(value.text)) {
      Coding coding;
      coding.json = true;
      return url(&value, value.text, false, escaped ? SIZE_MAX : leaf.begin, coding);
    }
    sink_.on_value(value);
  }

  // The nearest member names its value; the one above it names the object.
  static void name_leaf(Value& value, const std::vector<JsonStep>& path) {
    for (std::size_t i = path.size(); i-- > 0;) {
      if (path[i].is_element) continue;
      if (!value.name.empty()) {
        value.parent = path[i].name;
        return;
      }
      value.name = path[i].name;
    }
  }

  void word() {
    const std::string_view text = trim(content_.substr(0, content_.find_first_of("\r\n")));
    constexpr std::size_t kLongestWord = 4096;
    if (text.empty() || text.size() > kLongestWord ||
        trim(content_.substr(content_.find(text) + text.size())).size() > 2)
      return;
    if (text.find(' ') != std::string_view::npos) return;
    Value value;
    value.kind = LocationKind::kBody;
    value.in_head = false;
    value.text = text;
    value.begin = offset_in(content_, text);
    value.end = value.begin + text.size();
    sink_.on_value(value);
  }

  void html() {
    std::unordered_map<std::string_view, std::size_t> numbers;
    for (std::size_t at = 0; (at = content_.find('<', at)) != std::string_view::npos;) {
      const std::size_t end = content_.find('>', at);
      if (end == std::string_view::npos) return;
      const std::string_view tag = content_.substr(at + 1, end - at - 1);
      if (equals_ignoring_case(tag.substr(0, 6), "input ")) element(tag, "value", numbers);
      if (equals_ignoring_case(tag.substr(0, 5), "meta ")) element(tag, "content", numbers);
      at = end + 1;
    }
  }

  // name="…" and value='…' in any order.
  static std::string_view attribute(std::string_view tag, std::string_view name) {
    for (std::size_t at = 0; (at = tag.find(name, at)) != std::string_view::npos; at += name.size()) {
      const bool starts = at > 0 && (tag[at - 1] == ' ' || tag[at - 1] == '\n' || tag[at - 1] == '\t' ||
                                     tag[at - 1] == '"' || tag[at - 1] == '\'');
      std::string_view rest = trim(tag.substr(at + name.size()));
      if (!starts || !rest.starts_with('=')) continue;
      rest = trim(rest.substr(1));
      if (rest.starts_with('"') || rest.starts_with('\'')) return rest.substr(1, rest.find(rest[0], 1) - 1);
      return rest.substr(0, rest.find_first_of(" \t\r\n/"));
    }
    return {};
  }

  void element(std::string_view tag, std::string_view held,
               std::unordered_map<std::string_view, std::size_t>& numbers) {
    Value value;
    value.kind = LocationKind::kHtml;
    value.name = attribute(tag, "name");
    if (value.name.empty()) return;
    value.number = ++numbers[value.name];
    const std::string_view raw = attribute(tag, held);
    if (raw.empty()) return;
    value.in_head = false;
    value.coding.html = true;
    value.begin = offset_in(content_, raw);
    value.end = value.begin + raw.size();
    std::string decoded;
    body::append_without_entities(decoded, raw, body::EntityRules::kHtmlAttribute);
    value.text = decoded;
    sink_.on_value(value);
  }

  std::string_view head_;
  std::string_view content_;
  ValueSink& sink_;
  std::string_view type_;
};

bool is_chunked(std::string_view head) {
  return to_lower(http::without_identity(header_of(head, "Transfer-Encoding"))).ends_with("chunked");
}

Result<std::string> coded(std::string_view head, std::string_view content) {
  if (header_of(head, "Content-Encoding").empty()) return std::string(content);
  const auto parsed = http::parse_request_head(head);
  if (!parsed) return parsed.error();
  return http::encode_content(parsed->headers, content);
}

}  // namespace

bool says_nothing_of_session(std::string_view header) {
  return is_passed_over(header);
}

void for_each_header(std::string_view head,
                     const std::function<void(std::string_view name, std::string_view value)>& visit) {
  for_each_line(head, [&](const Line& line) {
    visit(line.name, line.value);
    return true;
  });
}

bool is_modification_time(std::string_view header) {
  constexpr std::array<std::string_view, 4> kNames = {"last-modified", "if-modified-since", "if-unmodified-since",
                                                      "if-range"};
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
    return name.size() == header.size() && equals_ignoring_case(name, header);
  });
}

bool replaces_earlier(const Value& value) {
  const Value& holder = value.whole != nullptr ? *value.whole : value;
  return holder.kind == LocationKind::kCookie;
}

std::string Value::location() const {
  std::string out = whole != nullptr ? whole->location() + " " : std::string{};
  switch (kind) {
    case LocationKind::kPathSegment:
      return out + "path segment " + std::to_string(number);
    case LocationKind::kQuery:
      return out.append("query ").append(name);
    case LocationKind::kHeader:
      return whole != nullptr ? out.append(name) : out.append("header ").append(name);
    case LocationKind::kCookie:
      return out.append("cookie ").append(name);
    case LocationKind::kJson:
      return out + json_location(*path);
    case LocationKind::kForm:
      return out.append("form ").append(name);
    case LocationKind::kHtml:
      return out.append("html ").append(name).append(number > 1 ? " " + std::to_string(number) : "");
    case LocationKind::kBody:
      break;
  }
  return out + "body";
}

void for_each_request_value(std::string_view head, std::string_view content, ValueSink& sink) {
  Walker(head, content, sink).request();
}

void for_each_response_value(std::string_view head, std::string_view content, ValueSink& sink) {
  Walker(head, content, sink).response();
}

std::string_view header_of(std::string_view head, std::string_view name) {
  std::string_view value;
  for_each_line(head, [&](const Line& line) {
    if (line.name.size() != name.size() || !equals_ignoring_case(line.name, name)) return true;
    value = line.value;
    return false;
  });
  return value;
}

std::string_view path_of(std::string_view target) {
  const std::size_t begin = path_begin(target);
  std::string_view path = target.substr(begin, target.find_first_of("?#", begin) - begin);
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

Result<std::string_view> content_of(std::string_view head, std::string_view wire, bool is_request,
                                    std::string& buffer) {
  if (wire.size() > kMaxContentBytes) return Error{"longer than " + format_bytes(kMaxContentBytes)};
  if (wire.empty()) return wire;
  if (header_of(head, "Content-Encoding").empty() && header_of(head, "Transfer-Encoding").empty()) return wire;
  http::HeaderList headers;
  if (is_request) {
    auto parsed = http::parse_request_head(head);
    if (!parsed) return parsed.error();
    headers = std::move(parsed->headers);
  } else {
    auto parsed = http::parse_response_head(head);
    if (!parsed) return parsed.error();
    headers = std::move(parsed->headers);
  }
  auto decoded = http::decode_body(headers, wire, kMaxContentBytes);
  if (!decoded) return decoded.error();
  buffer = std::move(*decoded);
  return std::string_view(buffer);
}

std::string spliced(std::string_view text, const std::vector<Replacement>& replacements, bool in_head) {
  std::string out;
  std::size_t at = 0;
  for (const Replacement& one : replacements) {
    if (one.in_head != in_head || one.begin < at) continue;
    out += text.substr(at, one.begin - at);
    out += one.bytes;
    at = one.end;
  }
  out += text.substr(at);
  return out;
}

Result<Message> with_replacements(std::string_view head, std::string_view wire_body, std::string_view content,
                                  std::vector<Replacement> replacements) {
  std::sort(replacements.begin(), replacements.end(),
            [](const Replacement& a, const Replacement& b) { return a.begin < b.begin; });
  Message message{spliced(head, replacements, true), std::string(wire_body)};
  const bool in_body =
      std::any_of(replacements.begin(), replacements.end(), [](const Replacement& r) { return !r.in_head; });
  if (!in_body) return message;
  Result<std::string> body = coded(head, spliced(content, replacements, false));
  if (!body) return body.error();
  if (is_chunked(head)) {
    message.body = http::one_chunk(*body) + "0\r\n\r\n";
  } else {
    message.body = std::move(*body);
    message.head = http::with_content_length(message.head, message.body.size());
  }
  return message;
}

}  // namespace tracerec::replay
