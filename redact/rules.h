// What counts as a secret: the built-in header names, and what the `redaction` part of a rules file adds.
// docs/capture.md, section "Secrets", documents both.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tracerec::redact {

// What to do with a header field.
enum class FieldKind : std::uint8_t {
  kSecret,       // the value, less the name of a known authentication scheme
  kCookie,       // the values of its pairs
  kSetCookie,    // the value of its pair; attributes stay
  kUrl,          // the query fields of rules
  kContentType,  // not replaced: they say what a body is
  kContentEncoding,
  kTransferEncoding,
};

// Field names, any case. Looking one up that is not there costs a few nanoseconds: its first letter and its length are
// asked for first.
class FieldNames {
 public:
  void add(std::string_view name, FieldKind kind);  // replaces what was said about it
  void remove(std::string_view name);

  // False: no name begins with this character.
  [[nodiscard]] bool may_begin(char c) const { return lengths_[slot(c)] != 0; }

  // nullptr when it is none of them.
  [[nodiscard]] const FieldKind* find(std::string_view name) const;

 private:
  struct Entry {
    std::string name;  // in lower case
    FieldKind kind;
  };
  static constexpr std::size_t kLongest = 63;
  [[nodiscard]] static std::size_t slot(char c) { return static_cast<unsigned char>(c) & 31U; }

  std::array<std::uint64_t, 32> lengths_{};  // by first letter: bit n when a name has n characters
  std::array<std::vector<Entry>, 32> entries_;
};

// A JSONPath (RFC 9535) of names, indices and wildcards: $.a.b, $.list[*].token, $.list[0], $['odd name'], $..password.
struct JsonRule {
  struct Step {
    bool any_depth = false;  // `..`: here or anywhere below
    bool wildcard = false;   // `*`: each member or element
    bool is_index = false;
    std::uint64_t index = 0;
    std::string name;  // any case
  };
  std::vector<Step> steps;  // not empty
};
[[nodiscard]] Result<JsonRule> parse_json_rule(std::string_view path);

// False: no name of the built-in token fields stands in it, in any spelling that is in use. A few nanoseconds for 100
// B.
[[nodiscard]] bool may_hold_a_token(std::string_view text);

// What a rules file names, and the same with the built-in token fields.
template <class Name>
struct FieldList {
  std::vector<Name> given;
  std::vector<Name> all;

  // What is to be looked for in `text`.
  [[nodiscard]] const std::vector<Name>& in(std::string_view text) const {
    return all.size() > given.size() && may_hold_a_token(text) ? all : given;
  }
};

struct RedactionRules {
  FieldNames fields;
  FieldList<std::string> query;  // names of fields, any case
  FieldList<std::string> form;
  FieldList<JsonRule> json;

  // A rules file names fields of bodies: what cannot be searched for them is withheld. Token fields are replaced where
  // that is certain, so that a token is the same in a login's response and in the header after it; nothing is withheld
  // for their sake.
  [[nodiscard]] bool concern_bodies() const { return !form.given.empty() || !json.given.empty(); }
};

// The built-in list alone.
[[nodiscard]] RedactionRules default_redaction_rules();

// The built-in list and what the text of a rules file says. Error: a line that names the place (line and column, or the
// key) and what is wrong there.
[[nodiscard]] Result<RedactionRules> parse_redaction_rules(std::string_view text);

// The same from a file; errors begin with its name.
[[nodiscard]] Result<RedactionRules> load_redaction_rules(const std::string& path);

}  // namespace tracerec::redact
