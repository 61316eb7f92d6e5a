// What counts as a secret: the built-in names, and what the `redaction` part of a rules file adds and keeps.
// docs/capture.md, section "Secrets", documents both.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/error.h"
#include "http/secret_names.h"
#include "redact/names.h"

namespace tracerec::redact {

// What to do with a header field.
enum class FieldKind : std::uint8_t {
  kSecret,        // the value, less the name of a known authentication scheme
  kCookie,        // the values of its pairs
  kSetCookie,     // the value of its pair; attributes stay
  kSubprotocols,  // of a list, what is a credential (Sec-WebSocket-Protocol)
  kUrl,           // the query fields of rules
  kContentType,   // not replaced: they say what a body is
  kContentEncoding,
  kTransferEncoding,
};

// Field names, any case, and with secret_endings() the families of http::has_secret_ending(). Looking one up that is
// not there costs a few nanoseconds: its first letter and its length, and its last two letters, are asked for first.
class FieldNames {
 public:
  void add(std::string_view name, FieldKind kind);  // replaces what was said about it
  void remove(std::string_view name);               // from the families, too
  void add_secret_endings() { secret_endings_ = true; }

  // False: no name of the list begins with this character.
  [[nodiscard]] bool may_begin(char c) const { return lengths_[slot(c)] != 0; }
  // False: no name of the families ends with these.
  [[nodiscard]] bool may_end(char before, char last) const {
    return secret_endings_ && (is_space(last) || http::may_end_secret_header(before, last));
  }

  // nullptr when it is none of them.
  [[nodiscard]] const FieldKind* find(std::string_view name) const;

  // The most names that find() compares with one.
  [[nodiscard]] std::size_t most_compared() const { return longest_bucket(kinds_); }

 private:
  static constexpr std::size_t kLongest = 63;
  void put(std::string_view name, std::optional<FieldKind> kind);
  [[nodiscard]] static std::size_t slot(char c) { return static_cast<unsigned char>(c) & 31U; }

  std::array<std::uint64_t, 32> lengths_{};  // by first letter: bit n when a name has n characters
  NameMap<std::optional<FieldKind>> kinds_;  // none: it was removed
  bool secret_endings_ = false;
};

// The built-in names of fields (http/secret_names.h), less those that a rules file keeps.
class SecretFields {
 public:
  void keep(std::string_view name) { kept_.add(name); }
  void keep_header(std::string_view name) { kept_headers_.emplace(name); }

  // Of a form or query.
  [[nodiscard]] http::Secrecy of_field(std::string_view name) const { return http::secrecy_of_field(name, &kept_); }
  // Of JSON.
  [[nodiscard]] http::Secrecy of_member(std::string_view name) const { return http::secrecy_of_member(name, &kept_); }
  // Of {"name": …, "value": …}: fields, headers, and names of environment variables.
  [[nodiscard]] bool has_label(std::string_view name) const;

 private:
  http::KeptFields kept_;
  Names kept_headers_;
};

// A JSONPath (RFC 9535) of names, indices and wildcards: $.a.b, $.list[*].token, $.list[0], $['odd name'], $..password.
struct JsonRule {
  struct Step {
    bool any_depth = false;  // `..`: here or anywhere below
    bool wildcard = false;   // `*`: each member or element
    bool is_index = false;
    std::uint64_t index = 0;
    std::string name;                               // any case
    std::shared_ptr<const SecretFields> builtin{};  // instead of a name: any of these
  };
  std::vector<Step> steps;  // not empty
};
[[nodiscard]] Result<JsonRule> parse_json_rule(std::string_view path);

// False: no built-in name stands in JSON, however it is written, as a member or as the name of a pair
// (redact/json_pairs.h).
[[nodiscard]] bool may_hold_a_secret(std::string_view json);

// What a rules file names in JSON, and the same with the built-in names.
struct JsonRules {
  std::vector<JsonRule> given;
  std::vector<JsonRule> all;

  // What is to be looked for in `text`.
  [[nodiscard]] const std::vector<JsonRule>& in(std::string_view text) const {
    return all.size() > given.size() && may_hold_a_secret(text) ? all : given;
  }
};

// Names of query or form fields: those of a rules file, any case, and the built-in ones. Of both a part of a name with
// brackets or dots counts like the whole (http::any_part).
struct PairNames {
  Names given;
  std::shared_ptr<const SecretFields> builtin;

  [[nodiscard]] bool empty() const { return given.empty() && builtin == nullptr; }
  // `name` without escapes.
  [[nodiscard]] http::Secrecy of(std::string_view name) const;
};

struct RedactionRules {
  FieldNames fields;
  PairNames query;
  PairNames form;
  JsonRules json;
  bool thorough = false;                    // the built-in names, too, are looked for in bodies up to kHoldLimitBytes
  std::vector<std::string> kept_headers{};  // built-in names that are not replaced
  std::vector<std::string> kept_fields{};
  std::string source{};  // of a rules file its part `redaction`, as JSON; else empty

  // A rules file names fields of bodies: what cannot be searched for them is withheld. Fields of the built-in names are
  // replaced where that is certain; nothing is withheld for their sake but a multipart form that is broken.
  [[nodiscard]] bool concern_bodies() const { return !form.given.empty() || !json.given.empty(); }
};

// The built-in list alone.
[[nodiscard]] RedactionRules default_redaction_rules();

// The built-in list and what the text of a rules file says. Error: a line that names the place (line and column, or the
// key) and what is wrong there.
[[nodiscard]] Result<RedactionRules> parse_redaction_rules(std::string_view text);

// The same from a file; errors begin with its name.
[[nodiscard]] Result<RedactionRules> load_redaction_rules(const std::string& path);

// What becomes of the names that such rules keep.
enum class Kept : std::uint8_t {
  kStays,
  kReplaced,  // for other data than the rules were made for: whoever made the file would decide what is no secret
};

// The rules in the options of a recording, a JSON object with a member `redaction`. The built-in ones where it has none
// that can be read, or more than 1,000 paths.
[[nodiscard]] RedactionRules rules_in_options(std::string_view options, Kept kept);

// Whether the text of a rules file has a part about redaction at all; true when it is no JSON, too.
[[nodiscard]] bool has_redaction_rules(std::string_view text);

}  // namespace tracerec::redact
