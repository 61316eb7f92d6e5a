#include "redact/replacer.h"

#include <algorithm>
#include <cstring>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "body/json_text.h"

namespace tracerec::redact {
namespace {

// In the case of the digits that stood there.
void overwrite_hex(char* out, std::size_t count, unsigned value) {
  const bool lower = std::any_of(out, out + count, is_lower);
  write_hex(out, count, value, lower ? HexCase::kLower : HexCase::kUpper);
}

// Over an escape of the same length.
void write_json_escape(char* out, std::size_t length, std::string_view decoded) {
  if (length < 6) return;  // a short escape: such characters stay
  const char32_t point = read_code_point(decoded, decoded.size());
  if (length == 6) return overwrite_hex(out + 2, 4, static_cast<unsigned>(point));
  overwrite_hex(out + 2, 4, static_cast<unsigned>(0xD800 + ((point - 0x10000) >> 10)));
  overwrite_hex(out + 8, 4, static_cast<unsigned>(0xDC00 + (point & 0x3FF)));
}

}  // namespace

void Replacer::count(Bytes secret) {
  ++replaced_.values;
  replaced_.bytes += secret.size();
}

void Replacer::plain(Bytes secret) {
  if (is_no_secret(view(secret))) return;
  const std::string_view pseudonym = pseudonyms_.of(view(secret));
  std::memcpy(secret.data(), pseudonym.data(), secret.size());
  count(secret);
}

// Fills decoded_ and units_.
void Replacer::decode(std::string_view text, bool plus_is_space) {
  decoded_.clear();
  units_.clear();
  for (std::size_t i = 0; i < text.size();) {
    const int escaped = percent_escape(text, i);
    if (escaped < 0) {
      decoded_ += text[i] == '+' && plus_is_space ? ' ' : text[i];
      ++i;
      continue;
    }
    units_.push_back({i, 3, 1});
    decoded_ += static_cast<char>(escaped);
    i += 3;
  }
}

// Over `before`, of which `units` are the escapes; what did not change stays as it was written.
void Replacer::write_percent(Bytes place, std::string_view before, std::string_view after, const Units& units) {
  std::size_t from = 0, to = 0;
  const auto write_until = [&](std::size_t end) {
    for (; to < end; ++to, ++from) {
      if (before[from] != after[from]) place[to] = after[from];
    }
  };
  for (const Unit& unit : units) {
    write_until(unit.at);
    if (before[from] != after[from]) overwrite_hex(&place[to + 1], 2, static_cast<unsigned char>(after[from]));
    to += unit.length;
    ++from;
  }
  write_until(place.size());
}

void Replacer::percent(Bytes secret, Plus plus) {
  const std::string_view text = view(secret);
  const bool spaces = plus == Plus::kIsSpace && text.find('+') != std::string_view::npos;
  if (!spaces && text.find('%') == std::string_view::npos) return plain(secret);
  decode(text, spaces);
  if (is_no_secret(decoded_)) return;
  write_percent(secret, decoded_, pseudonyms_.of(decoded_), units_);
  count(secret);
}

void Replacer::within_percent(Bytes place, Plus plus, const std::function<void(Bytes)>& change) {
  decode(view(place), plus == Plus::kIsSpace);
  const std::string before = decoded_;
  const Units units = units_;
  std::string after = before;
  change(after);
  write_percent(place, before, after, units);
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
    const body::JsonEscape escape = body::json_escape(text, i);
    if (escape.length == 0) {  // in no valid string
      decoded_ += text[i++];
      continue;
    }
    const std::size_t before = decoded_.size();
    append_code_point(decoded_, escape.point);
    units_.push_back(
        {i, static_cast<std::uint8_t>(escape.length), static_cast<std::uint8_t>(decoded_.size() - before)});
    i += escape.length;
  }
  if (is_no_secret(decoded_)) return;
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

}  // namespace tracerec::redact
