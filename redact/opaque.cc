#include "redact/opaque.h"

#include "base/text.h"
#include "redact/head.h"
#include "redact/lines.h"
#include "redact/pairs.h"

// How this works. First it is decided how much may be stored at all; then what is left is replaced line by line.
// Tests: tests/redact/opaque_test.cc, tests/record/redact_opaque_test.cc.

namespace tracerec::redact {
namespace {

bool is_empty_line(std::string_view line) {
  return line.find_first_not_of("\r\n") == std::string_view::npos;
}

// Of a body: no line of it can be searched by itself.
bool tells_of_a_hidden_body(FieldKind kind, std::string_view value) {
  if (kind == FieldKind::kContentEncoding) return to_lower(value).find("identity") == std::string::npos;
  return kind == FieldKind::kContentType && to_lower(value).find("multipart/") != std::string::npos;
}

// Of a part of a form, as of a body whose head nobody saw.
bool is_part_of_a_form(std::string_view line) {
  constexpr std::string_view kName = "content-disposition";
  return line.size() > kName.size() && equals_ignoring_case(line.substr(0, kName.size()), kName);
}

class Lines {
 public:
  Lines(Bytes bytes, const RedactionRules& rules, Replacer& replacer, LinesState& state)
      : bytes_(bytes), rules_(rules), replacer_(replacer), state_(state) {}

  std::size_t run() {
    const std::string_view text = view(bytes_);
    const std::size_t limit = searchable(text);
    std::size_t at = 0;
    while (at < limit && !state_.is_withheld) {
      const std::size_t end = find_line_end(text, at);
      line(bytes_.subspan(at, end - at), is_folded(text, at));
      at = end;
    }
    state_.is_withheld = state_.is_withheld || at < text.size();
    return at;
  }

 private:
  // Up to the first line that has a member of JSON for a secret; where that is one of a body, its head stays.
  [[nodiscard]] std::size_t searchable(std::string_view text) const {
    if (state_.is_withheld) return 0;
    if (rules_.json.in(text).empty()) return text.size();
    std::size_t head_end = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = find_line_end(text, at);
      if (is_empty_line(text.substr(at, end - at))) {
        head_end = end;
        break;
      }
      at = end;
    }
    return rules_.json.in(text.substr(0, head_end)).empty() ? head_end : 0;
  }

  void line(Bytes line, bool folded) {
    const bool empty = is_empty_line(view(line));
    if (empty && state_.at_line_start) {  // of a CRLF that was cut in two, too
      state_.is_withheld = state_.hides_body;
      return;
    }
    const bool continued = !state_.at_line_start || (state_.in_secret && folded);
    state_.at_line_start = line.back() == '\n' || line.back() == '\r';
    if (continued && state_.in_secret) return replacer_.plain(trimmed(line));
    state_.in_secret = false;
    std::size_t colon = 0;
    const FieldKind* kind = continued ? nullptr : find_kind(rules_.fields, view(line), colon);
    if (kind != nullptr && *kind <= FieldKind::kSubprotocols) {
      BodyFields unused;
      redact_field(*kind, line.subspan(colon + 1), {rules_, replacer_, unused});
      state_.in_secret = true;
      return;
    }
    if (is_part_of_a_form(view(line)) ||
        (kind != nullptr && tells_of_a_hidden_body(*kind, view(line).substr(colon + 1))))
      state_.hides_body = true;
    other_line(line);
  }

  void other_line(Bytes line) {
    if (!rules_.query.empty()) {
      const Bytes text = trimmed(line);
      const bool is_form = view(text).find('=') < view(text).find_first_of(" \t?");
      is_form ? redact_form(text, rules_, replacer_) : redact_url_fields(line, rules_, replacer_);
    }
    if (state_.at_line_start) return;
    // It may have been cut inside a value, whose rest goes, or inside the name of a member.
    state_.in_secret = true;
    state_.is_withheld = view(line).find('"') != std::string_view::npos;
  }

  Bytes bytes_;
  const RedactionRules& rules_;
  Replacer& replacer_;
  LinesState& state_;
};

}  // namespace

std::size_t redact_lines(Bytes bytes, const RedactionRules& rules, Replacer& replacer, LinesState& state) {
  return Lines(bytes, rules, replacer, state).run();
}

std::size_t whole_lines(std::string_view bytes) {
  const std::size_t end = bytes.find_last_of("\r\n");
  return end == std::string_view::npos ? bytes.size() : end + 1;
}

}  // namespace tracerec::redact
