// Reads a JSON text once and tells a handler what stands where. Keeps nothing of the text but which of the open
// containers are objects, a bit each: no memory is taken, whatever the text is, and the stack does not grow.
//
// Three readers of JSON are handlers of this one: the document (body/json_document), which builds nodes, the values
// that replay correlates (replay/json_leaves) and the secrets that redaction looks for (redact/json). A
// template, since handlers that are inlined are what makes it fast (docs/performance.md).
//
// A handler has, with offsets into the text:
//   void on_begin(ValueType type, std::size_t begin);             a container begins, with its bracket
//   void on_end(std::size_t end);                                 the innermost one ended, with its bracket
//   void on_element();                                            of the innermost array comes next
//   void on_name(const JsonString& name);                         of the innermost object; its value comes next
//   void on_string(const JsonString& string);
//   void on_scalar(ValueType type, std::size_t begin, std::size_t end);  a number, true, false, null; kNone for a
//                                                                 word that only JsonDialect::any_word lets through
#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>

#include "base/ascii.h"
#include "base/utf8.h"
#include "body/json_text.h"
#include "body/value.h"

namespace tracerec::body {

// Containers nested deeper are refused by every reader: a path of that many steps helps nobody, and its text is kept in
// memory.
constexpr std::size_t kMaxJsonDepth = 1000;

enum class JsonFault : std::uint8_t {
  kNone,
  kSyntax,    // not JSON (RFC 8259), or not UTF-8
  kTooDeep,   // more arrays and objects inside each other than are allowed
  kTooLarge,  // 4 GiB or more, or more values than the reader takes
};

// Where a reader is more lenient than RFC 8259, and how deep it goes.
struct JsonDialect {
  std::size_t max_depth = kMaxJsonDepth;
  bool control_characters = false;  // in strings; they hide no quote
  bool any_bytes = false;           // strings need not be UTF-8
  bool any_escape = false;          // a backslash and whatever comes after it
  bool any_word = false;            // NaN, 012, None: as far as the next comma, bracket or white space
};

// Between the quotes.
struct JsonString {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool escaped = false;  // a backslash stands in it

  [[nodiscard]] std::string_view in(std::string_view text) const { return text.substr(begin, end - begin); }
};

template <JsonDialect dialect, class Handler>
class JsonScanner {
 public:
  // Both are borrowed. A byte order mark is skipped (RFC 8259 §8.1).
  JsonScanner(std::string_view text, Handler& handler) : text_(text), handler_(handler) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  // Reads one value with everything in it. False: fault() and offset() say why, and the handler knows what came before.
  bool read_value() {
    if (!value()) return false;
    while (depth_ > 0) {
      if (!next_in_container()) return false;
      if constexpr (requires { handler_.is_full(); }) {
        if (handler_.is_full()) return fail(JsonFault::kTooLarge);
      }
    }
    return true;
  }

  // True when nothing but white space is left, which it skips.
  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }

  // Of the next byte, or of the one that does not fit.
  [[nodiscard]] std::size_t offset() const { return at_; }
  [[nodiscard]] JsonFault fault() const { return fault_; }

 private:
  static_assert(dialect.max_depth <= kMaxJsonDepth);

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool fail(JsonFault fault = JsonFault::kSyntax) {
    fault_ = fault;
    return false;
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  bool value() {
    skip_space();
    switch (peek()) {
      case '{':
        return open(ValueType::kObject);
      case '[':
        return open(ValueType::kArray);
      case '"':
        return string_value();
      case 't':
        return word("true", ValueType::kBool);
      case 'f':
        return word("false", ValueType::kBool);
      case 'n':
        return word("null", ValueType::kNull);
      default:
        return scalar();
    }
  }

  bool open(ValueType type) {
    if (depth_ >= dialect.max_depth) return fail(JsonFault::kTooDeep);
    was_object_[depth_++] = in_object_;
    in_object_ = type == ValueType::kObject;
    is_first_ = true;
    handler_.on_begin(type, at_++);
    return true;
  }

  void close() {
    in_object_ = was_object_[--depth_];
    is_first_ = false;
    handler_.on_end(++at_);
  }

  // In the innermost open container: its next element or member, or its end.
  bool next_in_container() {
    skip_space();
    if (peek() == (in_object_ ? '}' : ']')) {
      close();
      return true;
    }
    if (!is_first_) {
      if (!take(',')) return fail();
      skip_space();
    }
    is_first_ = false;
    if (in_object_) return name() && value();
    handler_.on_element();
    return value();
  }

  bool name() {
    JsonString read;
    if (peek() != '"' || !string(read)) return fail();
    skip_space();
    if (!take(':')) return fail();
    handler_.on_name(read);
    return true;
  }

  bool string_value() {
    JsonString read;
    if (!string(read)) return fail();
    handler_.on_string(read);
    return true;
  }

  bool string(JsonString& read) {
    read.begin = ++at_;
    bool beyond_ascii = skip_plain();
    while (peek() == '\\') {
      read.escaped = true;
      if (!skip_escape()) return false;
      beyond_ascii |= skip_plain();
    }
    read.end = at_;
    if (!take('"')) return false;
    return dialect.any_bytes || !beyond_ascii || is_utf8(read.in(text_));
  }

  // Half a pair is an escape of its own here, so that `at_` need not be looked at twice.
  bool skip_escape() {
    const std::size_t length = dialect.any_escape ? (at_ + 1 < text_.size() ? 2 : 0) : json_escape(text_, at_).length;
    at_ += length;
    return length > 0;
  }

  // Reads over plain characters; says whether there was one beyond ASCII. Stops at a quote, a backslash, a control
  // character (unless the dialect allows them) or the end. Byte by byte: by eight it is no faster, since most strings
  // are short.
  bool skip_plain() {
    unsigned char seen = 0;
    const char* const end = text_.data() + text_.size();
    const char* at = text_.data() + at_;
    for (; at != end; ++at) {
      const auto c = static_cast<unsigned char>(*at);
      if (c == '"' || c == '\\' || (!dialect.control_characters && c < 0x20)) break;
      seen |= c;
    }
    at_ = static_cast<std::size_t>(at - text_.data());
    return seen >= 0x80;
  }

  bool scalar() { return dialect.any_word ? any_word() : number(); }

  bool word(std::string_view expected, ValueType type) {
    if (dialect.any_word) return any_word();
    if (text_.compare(at_, expected.size(), expected) != 0) return fail();
    const std::size_t begin = at_;
    at_ += expected.size();
    handler_.on_scalar(type, begin, at_);
    return true;
  }

  bool any_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != ',' && text_[at_] != ']' && text_[at_] != '}') {
      ++at_;
    }
    if (at_ == begin) return fail();
    const bool number = text_[begin] == '-' || is_digit(text_[begin]);
    handler_.on_scalar(number ? ValueType::kDecimal : ValueType::kNone, begin, at_);
    return true;
  }

  bool skip_digits() {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ > begin;
  }

  bool number() {
    const std::size_t begin = at_;
    ValueType type = ValueType::kInteger;
    take('-');
    if (!take('0') && !skip_digits()) return fail();
    if (take('.')) {
      type = ValueType::kDecimal;
      if (!skip_digits()) return fail();
    }
    if (peek() == 'e' || peek() == 'E') {
      type = ValueType::kDecimal;
      ++at_;
      if (!take('-')) take('+');
      if (!skip_digits()) return fail();
    }
    handler_.on_scalar(type, begin, at_);
    return true;
  }

  std::string_view text_;
  Handler& handler_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::bitset<dialect.max_depth> was_object_;  // the container around each open one
  bool in_object_ = false;
  bool is_first_ = false;
  JsonFault fault_ = JsonFault::kNone;
};

}  // namespace tracerec::body
