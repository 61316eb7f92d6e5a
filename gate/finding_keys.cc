#include "gate/finding_keys.h"

#include <initializer_list>
#include <optional>

#include "base/text.h"
#include "gate/finding_groups.h"
#include "gate/location_name.h"
#include "gate/sample_values.h"

namespace tracerec::gate {
namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (const std::string_view part : parts) key.append(part).append(1, '\0');
  return key;
}

bool is_login_status(std::string_view status) {
  return status == "401" || status == "403";
}

// Of a proxy or a gateway: it is the same server that does not answer (RFC 9110 §15.6.3 to §15.6.5).
bool is_gateway_status(std::string_view status) {
  return status == "502" || status == "503" || status == "504";
}

// "200" → "401", when all samples say so.
std::optional<ValueChange> status_change(const Finding& finding) {
  return finding.kind == diff::Kind::kStatus ? single_change(finding) : std::nullopt;
}

// Whether the name of the location says what it is about. Bodies that are a single value or an array do not.
bool has_a_name(const Finding& finding) {
  return !split_location(finding.location).parent.empty();
}

void add_status_keys(const Finding& finding, const Overview& all, std::vector<std::string>& keys) {
  const auto change = status_change(finding);
  if (!change) return;
  if (all.logins_lost && lost_its_login(finding)) return keys.push_back("login");
  const std::size_t endpoints = all.endpoints_of_status.at({change->before, change->after}).size();
  if (is_gateway_status(change->after) || endpoints >= kManyEndpoints)
    keys.push_back(joined({"status", change->before, change->after}));
}

// A value says what it is about when it is long enough.
void add_value_keys(const Finding& finding, std::string_view name, std::vector<std::string>& keys) {
  for (const Sample& sample : finding.samples) {
    if (!is_redacted(sample)) keys.push_back(joined({name_of(finding.kind), name, sample.recorded, sample.replayed}));
  }
  const auto part = finding.kind == diff::Kind::kValue ? changed_part(finding) : std::nullopt;
  if (part) keys.push_back(joined({"part", part->before, part->after}));
}

}  // namespace

bool lost_its_login(const Finding& finding) {
  const auto change = status_change(finding);
  return change && is_login_status(change->after) && !is_login_status(change->before);
}

bool is_login_endpoint(std::string_view endpoint) {
  static const std::set<std::string, std::less<>> kNames = {
      "login", "log-in", "logon",  "signin", "sign-in", "sign_in",      "session",       "sessions",
      "auth",  "token",  "tokens", "oauth",  "oauth2",  "authenticate", "authentication"};
  const std::size_t slash = endpoint.rfind('/');
  return slash != std::string_view::npos && kNames.contains(to_lower(endpoint.substr(slash + 1)));
}

Overview overview_of(const std::vector<Finding>& findings) {
  Overview all;
  std::set<std::string_view> without_login;
  for (const Finding& one : findings) {
    if (const auto change = status_change(one))
      all.endpoints_of_status[{change->before, change->after}].insert(one.endpoint);
    if (lost_its_login(one)) without_login.insert(one.endpoint);
  }
  all.logins_lost = without_login.size() > 1;
  return all;
}

std::vector<std::string> keys_of(const Finding& finding, const Overview& all) {
  std::vector<std::string> keys;
  const std::string_view name = has_a_name(finding) ? split_location(finding.location).name : finding.location;
  switch (finding.kind) {
    case diff::Kind::kStatus:
      add_status_keys(finding, all, keys);
      return keys;
    case diff::Kind::kValue:
    case diff::Kind::kLength:
      add_value_keys(finding, name, keys);
      return keys;
    case diff::Kind::kMissing:
    case diff::Kind::kAdded:
    case diff::Kind::kType:
      if (has_a_name(finding)) keys.push_back(joined({name_of(finding.kind), name, types_of(finding)}));
      return keys;
    case diff::Kind::kOrder:
    case diff::Kind::kRepresentation:
    case diff::Kind::kShape:
      if (has_a_name(finding)) keys.push_back(joined({name_of(finding.kind), name}));
      return keys;
  }
  return keys;
}

}  // namespace tracerec::gate
