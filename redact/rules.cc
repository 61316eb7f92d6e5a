#include "redact/rules.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "base/ascii.h"
#include "base/option_file.h"
#include "base/text.h"
#include "http/secret_names.h"

namespace tracerec::redact {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxRulesBytes = std::size_t{16} << 20;

// Their values carry the framing, or say what a body is: replaced, the exchange could not be read any more.
constexpr const char* kStructuralFields[] = {"Connection", "Content-Encoding", "Content-Length",    "Content-Type",
                                             "Host",       "Trailer",          "Transfer-Encoding", "Upgrade",
                                             "Expect"};

constexpr const char* kUrlFields[] = {
    "Referer",        "Location",      "Content-Location", "Link",        "Refresh",
    "X-Original-Url", "X-Rewrite-Url", "X-Forwarded-Uri",  "Destination", "Uri",
    "Hx-Redirect",    "Hx-Location",   "X-Accel-Redirect", "Sourcemap",   "Turbolinks-Location"};

bool is_token(std::string_view name) {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";  // RFC 9110 §5.6.2
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSymbols.find(c) != std::string_view::npos;
  });
}

// `$..<any of these>`, and the same in forms and queries.
void use_builtin_fields(const std::shared_ptr<const SecretFields>& fields, RedactionRules& rules) {
  rules.query.builtin = rules.form.builtin = fields;
  JsonRule::Step step;
  step.any_depth = true;
  step.builtin = fields;
  rules.json.all = {JsonRule{{step}}};
}

Error at(const std::string& key, std::size_t index, const std::string& what) {
  return Error{"redaction." + key + "[" + std::to_string(index) + "]: " + what};
}

// A misspelt name would keep nothing, and nobody would notice.
std::string never_replaced(const std::string& name) {
  return printable(name, 40) + " is not replaced anyway: take it out, or see the names in docs/capture.md, Secrets";
}

Result<std::vector<std::string>> read_names(const Json& redaction, const std::string& key) {
  std::vector<std::string> names;
  const auto found = redaction.find(key);
  if (found == redaction.end()) return names;
  if (!found->is_array()) return Error{"redaction." + key + " is not a list: write [\"name\", …]"};
  for (const Json& one : *found) {
    if (!one.is_string() || one.get_ref<const std::string&>().empty()) {
      return at(key, names.size(), "not a name in quotes");
    }
    names.push_back(one.get<std::string>());
  }
  return names;
}

Result<void> check_keys(const Json& redaction) {
  if (!redaction.is_object()) return Error{"\"redaction\" is not an object"};
  constexpr std::string_view kKeys[] = {"headers", "keep_headers", "query", "form", "json", "keep"};
  for (const auto& [key, value] : redaction.items()) {
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) {
      return Error{"redaction." + printable(key, 40) +
                   " is unknown: it takes headers, keep_headers, query, form, json, keep"};
    }
  }
  return {};
}

Result<void> read_headers(const Json& redaction, RedactionRules& rules) {
  const auto headers = read_names(redaction, "headers");
  if (!headers) return headers.error();
  const auto keep = read_names(redaction, "keep_headers");
  if (!keep) return keep.error();
  for (std::size_t i = 0; i < headers->size(); ++i) {
    const std::string& name = (*headers)[i];
    if (!is_token(name)) return at("headers", i, "no field name: " + printable(name, 40));
    for (const char* structural : kStructuralFields) {
      if (equals_ignoring_case(name, structural)) {
        return at("headers", i, name + " cannot be replaced: a message is not readable without it");
      }
    }
    const FieldKind* known = rules.fields.find(name);
    if (known == nullptr || *known == FieldKind::kUrl) rules.fields.add(name, FieldKind::kSecret);
  }
  rules.kept_headers = *keep;
  for (std::size_t i = 0; i < keep->size(); ++i) {
    const std::string& name = (*keep)[i];
    if (rules.fields.find(name) == nullptr) return at("keep_headers", i, never_replaced(name));
  }
  for (const std::string& name : *keep) {
    const FieldKind* known = rules.fields.find(name);
    if (known != nullptr && *known <= FieldKind::kSubprotocols) rules.fields.remove(name);
  }
  return {};
}

Result<void> read_json_rules(const Json& redaction, RedactionRules& rules) {
  const auto paths = read_names(redaction, "json");
  if (!paths) return paths.error();
  for (std::size_t i = 0; i < paths->size(); ++i) {
    auto rule = parse_json_rule((*paths)[i]);
    if (!rule) return at("json", i, rule.error().message);
    rules.json.all.push_back(*rule);
    rules.json.given.push_back(std::move(*rule));
  }
  return {};
}

// Fields of bodies and queries that have a built-in name and are not to be replaced.
Result<void> read_keep(const Json& redaction, RedactionRules& rules) {
  auto keep = read_names(redaction, "keep");
  if (!keep) return keep.error();
  SecretFields fields;
  for (std::size_t i = 0; i < keep->size(); ++i) {
    const std::string& name = (*keep)[i];
    if (!SecretFields().has_label(name)) return at("keep", i, never_replaced(name));
    fields.keep(name);
  }
  const auto headers = read_names(redaction, "keep_headers");
  if (!headers) return headers.error();
  for (const std::string& name : *headers) fields.keep_header(name);
  rules.kept_fields = std::move(*keep);
  use_builtin_fields(std::make_shared<const SecretFields>(std::move(fields)), rules);
  return {};
}

Result<RedactionRules> read_rules(const Json& document) {
  if (!document.is_object()) return Error{"the rules are not an object: write {\"redaction\": {…}}"};
  const auto redaction = document.find("redaction");
  if (redaction == document.end()) return Error{"there is no \"redaction\" in it: write {\"redaction\": {…}}"};
  if (auto checked = check_keys(*redaction); !checked) return checked.error();
  RedactionRules rules = default_redaction_rules();
  if (auto read = read_keep(*redaction, rules); !read) return read.error();
  for (const auto& [key, names] : {std::pair("query", &rules.query), std::pair("form", &rules.form)}) {
    auto given = read_names(*redaction, key);
    if (!given) return given.error();
    names->given.insert(given->begin(), given->end());
  }
  if (auto read = read_json_rules(*redaction, rules); !read) return read.error();
  if (auto read = read_headers(*redaction, rules); !read) return read.error();
  rules.source = redaction->dump(-1, ' ', false, Json::error_handler_t::replace);
  return rules;
}

// "[json.exception.parse_error.101] parse error at line 3, column 5: syntax error …" from "line" on; of "… out_of_range
// …] number overflow parsing '1e999'", which has none, what comes after the bracket.
std::string location_and_reason(std::string_view what) {
  const std::size_t line = what.find("line ");
  const std::size_t reason = what.starts_with('[') ? what.find("] ") : std::string_view::npos;
  if (line != std::string_view::npos) return printable(what.substr(line), 200);
  return printable(reason == std::string_view::npos ? what : what.substr(reason + 2), 200);
}

// Notices a second member of one name, which would take the place of the first (RFC 8259 §4).
struct UniqueNames {
  std::vector<std::set<std::string>> open{};
  std::string second_one{};

  bool operator()(int, Json::parse_event_t event, const Json& value) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(value.get<std::string>()).second && second_one.empty())
      second_one = value.get<std::string>();
    return true;
  }
};

}  // namespace

void FieldNames::add(std::string_view name, FieldKind kind) {
  put(name, kind);
}

void FieldNames::remove(std::string_view name) {
  put(name, std::nullopt);
}

void FieldNames::put(std::string_view name, std::optional<FieldKind> kind) {
  kinds_.insert_or_assign(std::string(name), kind);
  lengths_[slot(name.front())] |= std::uint64_t{1} << std::min(name.size(), kLongest);
}

const FieldKind* FieldNames::find(std::string_view name) const {
  static constexpr FieldKind kSecret = FieldKind::kSecret;
  if (name.empty()) return nullptr;
  if ((lengths_[slot(name.front())] >> std::min(name.size(), kLongest) & 1) != 0) {
    if (const auto found = kinds_.find(name); found != kinds_.end()) return found->second ? &*found->second : nullptr;
  }
  return secret_endings_ && http::has_secret_ending(name) ? &kSecret : nullptr;
}

std::size_t HashIgnoringCase::operator()(std::string_view name) const {
  std::uint64_t hash = 14695981039346656037U;
  for (std::size_t i = name.size(); i > 0; --i) {
    const char c = name[i - 1];
    hash = (hash ^ static_cast<unsigned char>(is_upper(c) ? c | 0x20 : c)) * 1099511628211U;
  }
  return static_cast<std::size_t>(hash);
}

bool SecretFields::has_label(std::string_view name) const {
  if (of_member(name) != http::Secrecy::kNone) return true;
  const bool is_header = http::is_secret_header(name) || http::is_cookie_header(name);
  return is_header && !kept_.has(name) && !kept_headers_.contains(name);
}

http::Secrecy PairNames::of(std::string_view name) const {
  const auto is_given = [this](std::string_view part) { return given.contains(part); };
  if (!given.empty() && http::any_part(name, is_given)) return http::Secrecy::kAll;
  return builtin == nullptr ? http::Secrecy::kNone : builtin->of_field(name);
}

RedactionRules default_redaction_rules() {
  RedactionRules rules;
  for (const std::string_view name : http::secret_headers()) rules.fields.add(name, FieldKind::kSecret);
  rules.fields.add_secret_endings();
  rules.fields.add("Cookie", FieldKind::kCookie);
  rules.fields.add("Cookie2", FieldKind::kCookie);  // RFC 2965
  rules.fields.add("Set-Cookie", FieldKind::kSetCookie);
  rules.fields.add("Set-Cookie2", FieldKind::kSetCookie);
  rules.fields.add("Sec-WebSocket-Protocol", FieldKind::kSubprotocols);
  rules.fields.add("Transfer-Encoding", FieldKind::kTransferEncoding);
  for (const char* name : kUrlFields) rules.fields.add(name, FieldKind::kUrl);
  rules.fields.add("Content-Type", FieldKind::kContentType);
  rules.fields.add("Content-Encoding", FieldKind::kContentEncoding);
  use_builtin_fields(std::make_shared<const SecretFields>(), rules);
  return rules;
}

Result<RedactionRules> parse_redaction_rules(std::string_view text) {
  try {
    UniqueNames names;
    const Json document = Json::parse(text, std::ref(names), true, true);
    if (!names.second_one.empty())
      return Error{"the member " + printable(names.second_one, 40) + " is there twice: only one would count"};
    return read_rules(document);
  } catch (const Json::exception& error) {  // a number beyond a double is no parse_error
    return Error{location_and_reason(error.what())};
  }
}

// Each is followed through every document: a file that somebody else made shall not make a command endless.
constexpr std::size_t kMostStoredPaths = 1000;

RedactionRules rules_in_options(std::string_view options, Kept kept) {
  const Json document = Json::parse(options, nullptr, false);
  if (!document.is_object() || !document.contains("redaction")) return default_redaction_rules();
  Json redaction = document["redaction"];
  if (redaction.is_object() && kept == Kept::kReplaced) {
    for (const char* key : {"keep", "keep_headers"}) redaction.erase(key);
  }
  auto rules =
      parse_redaction_rules(Json{{"redaction", redaction}}.dump(-1, ' ', false, Json::error_handler_t::replace));
  const bool usable = rules && rules->json.given.size() <= kMostStoredPaths;
  return usable ? std::move(*rules) : default_redaction_rules();
}

bool has_redaction_rules(std::string_view text) {
  const Json document = Json::parse(text, nullptr, false, true);
  return document.is_discarded() || (document.is_object() && document.contains("redaction"));
}

Result<RedactionRules> load_redaction_rules(const std::string& path) {
  const auto text = read_option_file(path, kMaxRulesBytes);
  if (!text) return Error{"cannot read " + path + ": " + text.error().message};
  auto rules = parse_redaction_rules(*text);
  if (!rules) return with_context(path, rules.error());
  return rules;
}

}  // namespace tracerec::redact
