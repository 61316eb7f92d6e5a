// A strict parser (RFC 8259) that builds the node array in one pass, with a stack of its own for open containers.
// tests/diff/json_document_test.cc runs it against JSONTestSuite and against nlohmann's parser on random input.
#include "body/json_document.h"

#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

#include "base/text.h"

namespace tracerec::body {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A first guess at bytes per node, so that the array seldom grows.
constexpr std::size_t kBytesPerNode = 12;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// UTF-8, surrogates included (they stand for themselves when they come alone).
void append_code_point(std::string& text, unsigned code) {
  const auto put = [&](unsigned byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

// What the character after a backslash stands for; 0 when it is none of the short escapes.
char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

class JsonParser {
 public:
  explicit JsonParser(std::string_view source) : source_(source) {
    document_.source_ = source;
    document_.nodes_.reserve(source.size() / kBytesPerNode + 1);
  }

  boost::system::result<JsonDocument, JsonError> run() {
    if (source_.size() >= std::numeric_limits<std::uint32_t>::max()) return JsonError{JsonFault::kTooLarge, 0};
    if (source_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
    bool good = read_value();
    while (good && !open_.empty()) good = read_next_child();
    skip_space();
    if (!good || at_ != source_.size()) return JsonError{fault_, at_};
    return std::move(document_);
  }

 private:
  [[nodiscard]] char peek() const { return at_ < source_.size() ? source_[at_] : '\0'; }
  [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(at_); }

  void skip_space() {
    while (at_ < source_.size() &&
           (source_[at_] == ' ' || source_[at_] == '\n' || source_[at_] == '\r' || source_[at_] == '\t')) {
      ++at_;
    }
  }

  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  // Finishes the node that starts at `begin` and ends here.
  void add(ValueType type, std::uint32_t begin) {
    JsonNode& node = document_.nodes_.emplace_back();
    node.type = type;
    node.raw_begin = begin;
    node.raw_end = here();
    node.next = static_cast<std::uint32_t>(document_.nodes_.size());
  }

  bool read_value() {
    skip_space();
    switch (peek()) {
      case '{':
        return open(ValueType::kObject);
      case '[':
        return open(ValueType::kArray);
      case '"':
        return read_string();
      case 't':
        return read_word("true", ValueType::kBool);
      case 'f':
        return read_word("false", ValueType::kBool);
      case 'n':
        return read_word("null", ValueType::kNull);
      default:
        return read_number();
    }
  }

  bool open(ValueType type) {
    if (open_.size() >= kMaxJsonDepth) {
      fault_ = JsonFault::kTooDeep;
      return false;
    }
    open_.push_back(static_cast<JsonNodeId>(document_.nodes_.size()));
    const std::uint32_t begin = here();
    ++at_;
    add(type, begin);
    return true;
  }

  void close() {
    ++at_;
    JsonNode& node = document_.nodes_[open_.back()];
    node.raw_end = here();
    node.next = static_cast<std::uint32_t>(document_.nodes_.size());
    open_.pop_back();
  }

  // In the innermost open container: its next element or member, or its end.
  bool read_next_child() {
    JsonNode& parent = document_.nodes_[open_.back()];
    const bool object = parent.type == ValueType::kObject;
    skip_space();
    if (peek() == (object ? '}' : ']')) {
      close();
      return true;
    }
    if (parent.children > 0) {
      if (!take(',')) return false;
      skip_space();
    }
    ++parent.children;
    return (!object || read_name()) && read_value();
  }

  bool read_name() {
    if (peek() != '"' || !read_string()) return false;
    skip_space();
    return take(':');
  }

  bool read_word(std::string_view word, ValueType type) {
    if (source_.compare(at_, word.size(), word) != 0) return false;
    const std::uint32_t begin = here();
    at_ += word.size();
    add(type, begin);
    return true;
  }

  bool skip_digits() {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ > begin;
  }

  bool read_number() {
    const std::uint32_t begin = here();
    ValueType type = ValueType::kInteger;
    take('-');
    if (!take('0') && !skip_digits()) return false;
    if (take('.')) {
      type = ValueType::kDecimal;
      if (!skip_digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      type = ValueType::kDecimal;
      ++at_;
      if (!take('-')) take('+');
      if (!skip_digits()) return false;
    }
    add(type, begin);
    return true;
  }

  // Reads over plain characters; says whether there was one beyond ASCII. Stops at a quote, a backslash, a control
  // character or the end.
  bool skip_plain() {
    unsigned char seen = 0;
    for (; at_ < source_.size(); ++at_) {
      const auto c = static_cast<unsigned char>(source_[at_]);
      if (c == '"' || c == '\\' || c < 0x20) break;
      seen |= c;
    }
    return seen >= 0x80;
  }

  bool read_string() {
    const std::uint32_t begin = here();
    ++at_;
    bool beyond_ascii = skip_plain();
    const std::size_t first_escape = at_;
    while (take('\\')) {
      if (at_ == source_.size()) return false;
      ++at_;  // whatever it is: unescape() judges
      beyond_ascii |= skip_plain();
    }
    const std::string_view inner = source_.substr(begin + 1, at_ - begin - 1);
    const bool escaped = first_escape < at_;
    if (!take('"') || (beyond_ascii && !is_utf8(inner))) return false;
    add(ValueType::kString, begin);
    JsonNode& node = document_.nodes_.back();
    if (escaped) return unescape(inner, node);
    node.text_begin = begin + 1;
    node.text_end = here() - 1;
    return true;
  }

  bool unescape(std::string_view inner, JsonNode& node) {
    std::string& text = document_.unescaped_;
    node.unescaped = true;
    node.text_begin = static_cast<std::uint32_t>(text.size());
    while (!inner.empty()) {
      const std::size_t plain = std::min(inner.find('\\'), inner.size());
      text += inner.substr(0, plain);
      inner.remove_prefix(plain);
      if (!inner.empty() && !unescape_one(inner, text)) return false;
    }
    node.text_end = static_cast<std::uint32_t>(text.size());
    return true;
  }

  static bool unescape_one(std::string_view& inner, std::string& text) {
    if (inner[1] == 'u') return unescape_unicode(inner, text);
    const char meant = short_escape(inner[1]);
    text += meant;
    inner.remove_prefix(2);
    return meant != 0;
  }

  // \uXXXX at the start of `inner`, or nothing.
  static bool peek_unit(std::string_view inner, unsigned& unit) {
    if (inner.size() < 6 || inner[0] != '\\' || inner[1] != 'u') return false;
    unit = 0;
    for (std::size_t i = 2; i < 6; ++i) {
      const int digit = hex_value(inner[i]);
      if (digit < 0) return false;
      unit = unit * 16 + static_cast<unsigned>(digit);
    }
    return true;
  }

  static bool unescape_unicode(std::string_view& inner, std::string& text) {
    unsigned code = 0;
    if (!peek_unit(inner, code)) return false;
    inner.remove_prefix(6);
    unsigned low = 0;
    const bool high_surrogate = code >= 0xD800 && code < 0xDC00;
    if (high_surrogate && peek_unit(inner, low) && low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      inner.remove_prefix(6);
    }
    append_code_point(text, code);
    return true;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  JsonFault fault_ = JsonFault::kSyntax;
  JsonDocument document_;
  std::vector<JsonNodeId> open_;
};

boost::system::result<JsonDocument, JsonError> JsonDocument::parse(std::string_view source) {
  return JsonParser(source).run();
}

void throw_exception_from_error(const JsonError&, const boost::source_location&) {
  throw std::logic_error("unchecked JSON error");
}

}  // namespace tracerec::body
