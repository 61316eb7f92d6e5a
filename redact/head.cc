#include "redact/head.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/ascii.h"
#include "base/text.h"
#include "http/normalize.h"
#include "http/token.h"
#include "redact/lines.h"
#include "redact/pairs.h"
#include "redact/subprotocols.h"

// How this works. find_line_end() cuts lines; a line whose first character begins none of the names is done with. Else
// its name is looked up, and the value, which goes on over folded lines (RFC 9112 §5.2), is replaced by what its kind
// asks for. A folded line that reads like a field of its own is taken for one too: some servers see it so.
// Tests: tests/redact/head_test.cc.

namespace tracerec::redact {

// Most targets have no query: what is in front of it is not searched.
void redact_query(Bytes url, const RedactionRules& rules, Replacer& replacer) {
  // find_first_of() asks for the set at each character: 300 ns for a line of 100 bytes.
  const auto begins = [](char c) { return c == '?' || c == '#' || c == '&' || c == ';'; };
  const Bytes query = url.subspan(static_cast<std::size_t>(std::find_if(url.begin(), url.end(), begins) - url.begin()));
  if (query.empty()) return;
  if (!rules.query.empty()) redact_url_fields(query, rules, replacer);
}

namespace {

// https://www.iana.org/assignments/http-authschemes and some that are none of those. Only what stands here may stay:
// the first word of another value could be the secret.
constexpr std::string_view kSchemes[] = {"basic",     "bearer",    "digest",      "negotiate",     "ntlm",
                                         "token",     "apikey",    "api-key",     "dpop",          "oauth",
                                         "hawk",      "hoba",      "scram-sha-1", "scram-sha-256", "vapid",
                                         "gnap",      "mutual",    "jwt",         "aws",           "aws4-hmac-sha256",
                                         "sharedkey", "signature", "ssws",        "kerberos"};

// One past the end of the field whose first line ends at `end`.
std::size_t find_field_end(std::string_view text, std::size_t end) {
  while (is_folded(text, end)) end = find_line_end(text, end);
  return end;
}

Bytes without_scheme(Bytes value) {
  const std::size_t space = std::min(view(value).find_first_of(" \t\r\n"), value.size());
  const std::string_view word = view(value).substr(0, space);
  const bool known = std::any_of(std::begin(kSchemes), std::end(kSchemes),
                                 [&](std::string_view scheme) { return equals_ignoring_case(scheme, word); });
  return known ? trimmed(value.subspan(space)) : value;
}

Bytes without_quotes(Bytes value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.subspan(1, value.size() - 2) : value;
}

// `name=value`; without a `=` all of it is the value (RFC 6265bis §5.6).
void redact_cookie_pair(Bytes pair, Replacer& replacer) {
  const std::size_t equals = view(pair).find('=');
  const Bytes value = equals == std::string_view::npos ? pair : pair.subspan(equals + 1);
  replacer.percent(without_quotes(trimmed(value)), Plus::kIsPlus);
}

void redact_cookies(Bytes value, Replacer& replacer) {
  while (!value.empty()) {
    const std::size_t end = std::min(view(value).find(';'), value.size());
    redact_cookie_pair(trimmed(value.first(end)), replacer);
    value = value.subspan(std::min(end + 1, value.size()));
  }
}

// Attributes stay; but two cookies that somebody joined with a comma are two cookies.
void redact_set_cookie(Bytes value, Replacer& replacer) {
  const std::size_t end = std::min(view(value).find(';'), value.size());
  redact_cookie_pair(trimmed(value.first(end)), replacer);
  const Bytes attributes = value.subspan(end);
  for (std::size_t comma = view(attributes).find(','); comma != std::string_view::npos;) {
    const std::size_t next = view(attributes).find(',', comma + 1);
    const std::size_t stop = std::min(next, attributes.size());
    const Bytes joined = attributes.subspan(comma + 1, stop - comma - 1);
    const Bytes pair = joined.first(std::min(view(joined).find(';'), joined.size()));
    if (view(pair).find('=') != std::string_view::npos) redact_cookie_pair(trimmed(pair), replacer);
    comma = next;
  }
}

void note_transfer_coding(std::string_view value, BodyFields& fields) {
  const std::string codings = http::without_identity(value);
  if (codings.empty()) return;
  const std::size_t comma = codings.rfind(',');
  const std::string_view last = trim(std::string_view(codings).substr(comma == std::string::npos ? 0 : comma + 1));
  fields.chunked = equals_ignoring_case(last, "chunked");
  if (!fields.chunked || comma != std::string::npos) fields.other_transfer_coding = true;
}

}  // namespace

void redact_field(FieldKind kind, Bytes value, const FieldContext& context) {
  value = trimmed(value);
  switch (kind) {
    case FieldKind::kSecret:
      return context.replacer.plain(without_quotes(without_scheme(value)));
    case FieldKind::kCookie:
      return redact_cookies(value, context.replacer);
    case FieldKind::kSetCookie:
      return redact_set_cookie(value, context.replacer);
    case FieldKind::kSubprotocols:
      return redact_subprotocols(value, context.replacer);
    case FieldKind::kUrl:
      return redact_query(value, context.rules, context.replacer);
    case FieldKind::kContentType:
      if (!context.fields.content_type.empty()) context.fields.other_types.push_back(context.fields.content_type);
      context.fields.content_type = view(value);
      return;
    case FieldKind::kContentEncoding:
      if (!value.empty() && !equals_ignoring_case(view(value), "identity")) context.fields.content_coded = true;
      return;
    case FieldKind::kTransferEncoding:
      return note_transfer_coding(view(value), context.fields);
  }
}

namespace {

constexpr auto make_token_table() {
  std::array<bool, 256> found{};
  for (std::size_t c = 0; c < found.size(); ++c) found[c] = http::is_token_char(static_cast<char>(c));
  return found;
}
constexpr auto kTokenChars = make_token_table();

bool is_token_char(char c) {
  return kTokenChars[static_cast<unsigned char>(c)];
}

// Whether a byte is a control, a blank or no ASCII; eight at a time, for it is asked of most lines.
bool has_odd_byte(std::string_view name) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  std::uint64_t found = 0;
  for (; name.size() >= sizeof found; name.remove_prefix(sizeof found)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, name.data(), sizeof bytes);
    found |= ((bytes - 0x21 * kOnes) & ~bytes) | bytes | (bytes + kOnes);  // below 0x21, above 0x7F, 0x7F
  }
  return (found & kHigh) != 0 || std::any_of(name.begin(), name.end(), [](char c) { return c <= ' ' || c == 0x7F; });
}

// What keeps it from beginning and ending like one of the names. A byte in its middle does not.
bool is_loose_at_its_ends(std::string_view line, std::size_t start, std::size_t colon) {
  if (colon < start + 2) return false;
  return !is_token_char(line[start]) || !is_token_char(line[colon - 1]) || !is_token_char(line[colon - 2]);
}

// Brackets and the like at the ends only: nobody takes them out of the middle.
bool is_loose(std::string_view line, std::size_t start, std::size_t colon) {
  return is_loose_at_its_ends(line, start, colon) || has_odd_byte(line.substr(start, colon - start));
}

const FieldKind* find_loose(const FieldNames& names, std::string_view name) {
  std::string without, dashed;
  for (const char c : name) {
    if (is_token_char(c)) without += c;
    dashed += is_token_char(c) ? c : '-';
  }
  const FieldKind* const kind = names.find(without);
  return kind != nullptr ? kind : names.find(dashed);
}

}  // namespace

const FieldKind* find_kind(const FieldNames& names, std::string_view line, std::size_t& colon) {
  std::size_t start = 0;
  while (start < line.size() && (line[start] == ' ' || line[start] == '\t')) ++start;
  if (start == line.size()) return nullptr;
  colon = line.find(':', start);
  if (colon == std::string_view::npos) return nullptr;
  const bool may_end = colon >= 2 && names.may_end(line[colon - 2], line[colon - 1]);
  if (!names.may_begin(line[start]) && !may_end && !is_loose_at_its_ends(line, start, colon)) return nullptr;
  const std::string_view name = trim(line.substr(start, colon - start));
  const FieldKind* const kind = names.find(name);
  return kind != nullptr || !is_loose(line, start, colon) ? kind : find_loose(names, name);
}

namespace {

void redact_fields(Bytes head, std::size_t at, const FieldContext& context) {
  const std::string_view text = view(head);
  while (at < text.size()) {
    std::size_t end = find_line_end(text, at);
    std::size_t colon = 0;
    if (const FieldKind* kind = find_kind(context.rules.fields, text.substr(at, end - at), colon)) {
      end = find_field_end(text, end);
      redact_field(*kind, head.subspan(at + colon + 1, end - at - colon - 1), context);
    }
    at = end;
  }
}

}  // namespace

void redact_head(Bytes head, bool has_start_line, const RedactionRules& rules, Replacer& replacer, BodyFields& fields) {
  std::size_t at = 0;
  if (has_start_line) {
    while (at < head.size() && (head[at] == '\r' || head[at] == '\n')) ++at;
    const std::size_t start = at;
    at = find_line_end(view(head), start);
    const Bytes line = head.subspan(start, at - start);
    redact_query(line, rules, replacer);
  }
  redact_fields(head, at, {rules, replacer, fields});
}

}  // namespace tracerec::redact
