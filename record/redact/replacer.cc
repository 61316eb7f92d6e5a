#include "record/redact/replacer.h"

#include <algorithm>
#include <cstring>

#include "record/redact/utf8.h"

namespace tracerec::record {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char folded = static_cast<char>(c | 0x20);
  return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

// The value of `count` hexadecimal digits at `at`, or -1.
int read_hex(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

// In the case of the digits that stood there.
void write_hex(char* out, std::size_t count, unsigned value) {
  const bool lower = std::any_of(out, out + count, [](char c) { return c >= 'a' && c <= 'f'; });
  const char* digits = lower ? "0123456789abcdef" : "0123456789ABCDEF";
  for (std::size_t i = count; i > 0; --i, value >>= 4) out[i - 1] = digits[value & 15];
}

struct Decoded {
  std::size_t taken;
  char bytes[4];
  std::uint8_t count;
};

// At a '%'. Nothing taken when it escapes nothing.
Decoded take_percent(std::string_view text, std::size_t at) {
  const int value = read_hex(text, at + 1, 2);
  if (value < 0) return {0, {}, 0};
  return {3, {static_cast<char>(value)}, 1};
}

char short_escape(char c) {
  constexpr std::string_view kNames = "bfnrt", kValues = "\b\f\n\r\t";
  const std::size_t at = kNames.find(c);
  return at == std::string_view::npos ? c : kValues[at];
}

// At a backslash of a valid string. Two halves of a surrogate pair are one.
Decoded take_json_escape(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return {1, {'\\'}, 1};
  if (text[at + 1] != 'u') return {2, {short_escape(text[at + 1])}, 1};
  const int first = read_hex(text, at + 2, 4);
  if (first < 0) return {1, {'\\'}, 1};
  Decoded decoded{6, {}, 0};
  auto point = static_cast<char32_t>(first);
  if (first >= 0xD800 && first < 0xDC00 && text.substr(at + 6, 2) == "\\u") {
    const int second = read_hex(text, at + 8, 4);
    if (second >= 0xDC00 && second < 0xE000) {
      point = 0x10000 + (static_cast<char32_t>(first - 0xD800) << 10) + static_cast<char32_t>(second - 0xDC00);
      decoded.taken = 12;
    }
  }
  decoded.count = static_cast<std::uint8_t>(write_utf8(point, decoded.bytes));
  return decoded;
}

// Over an escape of the same length.
void write_json_escape(char* out, std::size_t length, std::string_view decoded) {
  if (length < 6) return;  // a short escape: such characters stay
  const char32_t point = read_utf8(decoded, decoded.size());
  if (length == 6) return write_hex(out + 2, 4, static_cast<unsigned>(point));
  write_hex(out + 2, 4, static_cast<unsigned>(0xD800 + ((point - 0x10000) >> 10)));
  write_hex(out + 8, 4, static_cast<unsigned>(0xDC00 + (point & 0x3FF)));
}

}  // namespace

void Replacer::count(Bytes secret) {
  ++replaced_.values;
  replaced_.bytes += secret.size();
}

void Replacer::plain(Bytes secret) {
  if (secret.empty()) return;
  const std::string_view pseudonym = pseudonyms_.of(view(secret));
  std::memcpy(secret.data(), pseudonym.data(), secret.size());
  count(secret);
}

void Replacer::percent(Bytes secret, Plus plus) {
  const std::string_view text = view(secret);
  const bool spaces = plus == Plus::kIsSpace && text.find('+') != std::string_view::npos;
  if (!spaces && text.find('%') == std::string_view::npos) return plain(secret);
  decoded_.clear();
  units_.clear();
  for (std::size_t i = 0; i < text.size();) {
    const Decoded escape = text[i] == '%' ? take_percent(text, i) : Decoded{0, {}, 0};
    if (escape.taken == 0) {
      decoded_ += text[i] == '+' && spaces ? ' ' : text[i];
      ++i;
      continue;
    }
    units_.push_back({i, 3, 1});
    decoded_ += escape.bytes[0];
    i += escape.taken;
  }
  const std::string_view pseudonym = pseudonyms_.of(decoded_);
  std::size_t from = 0, to = 0;
  const auto write_until = [&](std::size_t end) {
    for (; to < end; ++to, ++from) {
      if (decoded_[from] != pseudonym[from]) secret[to] = pseudonym[from];
    }
  };
  for (const Unit& unit : units_) {
    write_until(unit.at);
    write_hex(&secret[to + 1], 2, static_cast<unsigned char>(pseudonym[from]));
    to += unit.length;
    ++from;
  }
  write_until(secret.size());
  count(secret);
}

void Replacer::json_string(Bytes secret) {
  const std::string_view text = view(secret);
  if (text.find('\\') == std::string_view::npos) return plain(secret);
  decoded_.clear();
  units_.clear();
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      decoded_ += text[i++];
      continue;
    }
    const Decoded escape = take_json_escape(text, i);
    units_.push_back({i, static_cast<std::uint8_t>(escape.taken), escape.count});
    decoded_.append(escape.bytes, escape.count);
    i += escape.taken;
  }
  const std::string_view pseudonym = pseudonyms_.of(decoded_);
  std::size_t from = 0, to = 0;
  for (const Unit& unit : units_) {
    for (; to < unit.at; ++to, ++from) secret[to] = pseudonym[from];
    write_json_escape(&secret[to], unit.length, pseudonym.substr(from, unit.decoded));
    to += unit.length;
    from += unit.decoded;
  }
  for (; to < secret.size(); ++to, ++from) secret[to] = pseudonym[from];
  count(secret);
}

void Replacer::json_number(Bytes secret) {
  const std::size_t exponent = view(secret).find_first_of("eE");
  plain(exponent == std::string_view::npos ? secret : secret.first(exponent));
}

std::string decode_percent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const Decoded escape = text[i] == '%' ? take_percent(text, i) : Decoded{0, {}, 0};
    out += escape.taken != 0 ? escape.bytes[0] : text[i] == '+' ? ' ' : text[i];
    i += escape.taken != 0 ? escape.taken : 1;
  }
  return out;
}

std::string decode_json_string(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      out += text[i++];
      continue;
    }
    const Decoded escape = take_json_escape(text, i);
    out.append(escape.bytes, escape.count);
    i += escape.taken;
  }
  return out;
}

}  // namespace tracerec::record
