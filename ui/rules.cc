// GET rules, POST rules, POST runs/{id}/approvals: the rules file, and what is written into it.
#include <string>
#include <utility>
#include <vector>

#include "base/edit_lock.h"
#include "base/replace_file.h"
#include "base/same_file.h"
#include "base/text.h"
#include "diff/line_diff.h"
#include "evaluate/rules_file.h"
#include "ui/app.h"
#include "ui/evaluation.h"

namespace tracerec::ui {
namespace {

constexpr std::size_t kMostShownBytes = std::size_t{1} << 20;
constexpr std::size_t kMostSignatures = 10'000;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The lines that go and come, each with its mark.
Json changed_lines(const std::string& before, const std::string& after) {
  Json lines = Json::array();
  for (const diff::DiffLine& line : diff::diff_lines(lines_of(before), lines_of(after))) {
    if (line.side == diff::DiffLine::Side::kBoth) continue;
    lines.push_back((line.side == diff::DiffLine::Side::kRecorded ? "- " : "+ ") + safe(line.text));
  }
  return lines;
}

// A member of the request: a string, or empty when it is not there. Error: it is something else.
Result<std::string> text_in(const Json& request, const char* name) {
  if (!request.contains(name)) return std::string();
  if (request[name].is_string()) return request[name].get<std::string>();
  return Error{std::string(name) + " is a string"};
}

Result<Json> object_in(const Query& query) {
  Json request = Json::parse(query.body, nullptr, false);
  if (request.is_discarded() || !request.is_object()) return Error{"the body is a JSON object"};
  return request;
}

// Without "write": true nothing is written, and the reply says what would be.
bool is_to_be_written(const Json& request) {
  return request.contains("write") && request["write"] == true;
}

Result<std::vector<std::string>> signatures_in(const Json& request) {
  std::vector<std::string> signatures;
  const bool is_list = request.contains("signatures") && request["signatures"].is_array();
  if (!is_list || request["signatures"].empty() || request["signatures"].size() > kMostSignatures)
    return Error{"signatures is a list of 1 to 10,000 signatures of findings"};
  for (const Json& one : request["signatures"]) {
    if (!one.is_string() || !evaluate::is_signature(one.get<std::string>()))
      return Error{"a signature is 12 hexadecimal digits, as the report has them"};
    signatures.push_back(one.get<std::string>());
  }
  return signatures;
}

Result<evaluate::ApprovalTerms> terms_in(const Json& request) {
  evaluate::ApprovalTerms terms;
  for (const auto& [name, into] :
       {std::pair("reason", &terms.reason), std::pair("owner", &terms.owner), std::pair("expires", &terms.expires)}) {
    auto text = text_in(request, name);
    if (!text) return text.error();
    *into = std::move(*text);
  }
  if (request.contains("max") && !request["max"].is_null()) {
    if (!request["max"].is_number_unsigned() || request["max"] == 0) return Error{"max is a whole number from 1"};
    terms.max_count = request["max"].get<std::uint64_t>();
  }
  if (auto good = evaluate::check_terms(terms, evaluate::today()); !good) return good.error();
  return terms;
}

Result<void> write_rules(const App& app, const std::string& text) {
  auto unused = check_unused("the rules file", app.options.rules, trace_files(app.options.db.path));
  return unused ? replace_file(app.options.rules, text) : unused;
}

Json change_json(const App& app, const std::string& before, const std::string& after, bool written) {
  return {{"file", safe(app.options.rules)}, {"lines", changed_lines(before, after)}, {"written", written}};
}

Result<diff::NewRule> rule_in(const Json& request) {
  diff::NewRule rule;
  for (const auto& [name, into] : {std::pair("endpoint", &rule.endpoint), std::pair("location", &rule.location),
                                   std::pair("reason", &rule.reason)}) {
    auto text = text_in(request, name);
    if (!text) return text.error();
    *into = std::move(*text);
  }
  const auto what = text_in(request, "what");
  if (!what) return what.error();
  if (*what != "ignore" && *what != "exact") return Error{"what is 'ignore' or 'exact'"};
  rule.what = *what == "exact" ? diff::NewRule::What::kExact : diff::NewRule::What::kIgnore;
  if (rule.location.empty()) return Error{"location is missing: name it as the report does"};
  if (trim(rule.reason).empty()) return Error{"reason must say why"};
  return rule;
}

}  // namespace

Reply get_rules(App& app, schema::Reader&, const Query&) {
  const auto text = evaluate::read_rules_text_if_there(app.options.rules);
  if (!text) return failure(409, "rules", text.error().message);
  return {200,
          {{"file", safe(app.options.rules)},
           {"bytes", text->size()},
           {"text", safe(std::string_view(*text).substr(0, kMostShownBytes))}}};
}

Reply post_approvals(App& app, schema::Reader& reader, const Query& query) {
  const auto request = object_in(query);
  if (!request) return bad_request(request.error().message);
  const auto signatures = signatures_in(*request);
  if (!signatures) return bad_request(signatures.error().message);
  const auto terms = terms_in(*request);
  if (!terms) return bad_request(terms.error().message);
  const auto against = text_in(*request, "against");
  if (!against) return bad_request(against.error().message);
  const std::lock_guard writing(app.writing_rules);
  const auto alone = EditLock::take(app.options.rules);  // of those who edit it without the viewer
  if (!alone) return failure(409, "rules", alone.error().message);
  const auto evaluated = find_evaluated(app, reader, query.id, *against);
  if (!evaluated) return failure(409, "not_evaluated", evaluated.error().message);
  const auto accepted = evaluate::accepted_in((*evaluated)->report, *signatures, false);
  if (!accepted) return not_found(accepted.error().message);
  const std::string& before = (*evaluated)->rules_text;
  const auto after = evaluate::with_approvals(before, *accepted, *terms);
  if (!after) return failure(409, "rules", with_context(app.options.rules, after.error()).message);
  if (!is_to_be_written(*request)) return {200, change_json(app, before, *after, false)};
  const auto next = keep_with_approvals(app, reader, **evaluated, *against, *after);
  if (!next) return failure(409, "rules", next.error().message);
  if (auto written = write_rules(app, *after); !written) return failure(409, "rules", written.error().message);
  Json json = change_json(app, before, *after, true);
  json["verdict"] = (*next)->json["verdict"];
  return {200, std::move(json)};
}

Reply post_rule(App& app, schema::Reader&, const Query& query) {
  const auto request = object_in(query);
  if (!request) return bad_request(request.error().message);
  const auto rule = rule_in(*request);
  if (!rule) return bad_request(rule.error().message);
  const std::lock_guard writing(app.writing_rules);
  const auto alone = EditLock::take(app.options.rules);
  if (!alone) return failure(409, "rules", alone.error().message);
  const auto before = evaluate::read_rules_text_if_there(app.options.rules);
  if (!before) return failure(409, "rules", before.error().message);
  const auto after = diff::add_rule(*before, *rule);
  if (!after) return failure(409, "rules", with_context(app.options.rules, after.error()).message);
  const bool write = is_to_be_written(*request);
  if (write) {
    if (auto written = write_rules(app, *after); !written) return failure(409, "rules", written.error().message);
  }
  return {200, change_json(app, *before, *after, write)};
}

}  // namespace tracerec::ui
