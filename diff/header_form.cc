#include "diff/header_form.h"

#include <algorithm>

#include "base/text.h"
#include "diff/timestamps.h"

namespace tracerec::diff {
namespace {

std::string without_quotes(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
  std::string plain;
  for (std::size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] == '\\' && i + 2 < value.size()) ++i;
    plain += value[i];
  }
  return plain;
}

// "Charset = \"UTF-8\"" → "charset=utf-8"; empty for what is left out.
std::string normal_parameter(std::string_view parameter) {
  const std::size_t equals = std::min(parameter.find('='), parameter.size());
  const std::string name = to_lower(trim(parameter.substr(0, equals)));
  if (name == "boundary") return {};
  const std::string value = without_quotes(trim(parameter.substr(std::min(equals + 1, parameter.size()))));
  return name + "=" + (name == "charset" ? to_lower(value) : value);
}

std::string normal_member(std::string_view member, bool any_case) {
  const std::size_t equals = any_case ? member.size() : std::min(member.find('='), member.size());
  return to_lower(member.substr(0, equals)) + std::string(member.substr(equals));
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(separator)) + part;
  return text;
}

struct EntityTag {
  bool weak = false;
  bool quoted = false;
};

EntityTag read_etag(std::string_view text) {
  EntityTag tag;
  tag.weak = text.starts_with("W/");
  if (tag.weak) text.remove_prefix(2);
  tag.quoted = text.size() >= 2 && text.front() == '"' && text.find('"', 1) == text.size() - 1;
  return tag;
}

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

}  // namespace

std::vector<std::string_view> split_outside_quotes(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && quoted && text[i] == '\\') {
      ++i;
    } else if (i < text.size() && text[i] == '"') {
      quoted = !quoted;
    } else if (i >= text.size() || (text[i] == separator && !quoted)) {
      const std::string_view part = trim(text.substr(begin, i - begin));
      if (!part.empty()) parts.push_back(part);
      begin = i + 1;
    }
  }
  if (begin < text.size()) parts.push_back(trim(text.substr(begin)));  // it ended with a backslash
  return parts;
}

std::string normal_content_type(std::string_view value) {
  const auto parts = split_outside_quotes(value, ';');
  if (parts.empty()) return {};
  std::vector<std::string> parameters;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    std::string parameter = normal_parameter(parts[i]);
    if (!parameter.empty()) parameters.push_back(std::move(parameter));
  }
  std::sort(parameters.begin(), parameters.end());
  parameters.insert(parameters.begin(), to_lower(parts[0]));
  return joined(parameters, "; ");
}

std::string normal_list(std::string_view value, bool any_case) {
  std::vector<std::string> members;
  for (const std::string_view member : split_outside_quotes(value, ',')) {
    members.push_back(normal_member(member, any_case));
  }
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  return joined(members, ", ");
}

bool is_http_date(std::string_view text) {
  if (text.size() != 29 || !text.ends_with(" GMT") || !time_in_text(text)) return false;
  const int day = two_digits(text, 5);
  return day >= 1 && day <= 31 && two_digits(text, 17) < 24 && two_digits(text, 20) < 60 && two_digits(text, 23) <= 60;
}

std::optional<std::string> etag_change(std::string_view recorded, std::string_view replayed) {
  const EntityTag before = read_etag(recorded);
  const EntityTag after = read_etag(replayed);
  if (before.quoted != after.quoted)
    return after.quoted ? "is a quoted entity tag now" : "is not a quoted entity tag any more";
  if (before.weak != after.weak) return after.weak ? "is weak, was strong" : "is strong, was weak";
  return std::nullopt;
}

std::optional<std::string> date_change(std::string_view recorded, std::string_view replayed) {
  const bool is_date = is_http_date(replayed);
  if (is_date == is_http_date(recorded)) return std::nullopt;
  return is_date ? "is an HTTP date now" : "is not an HTTP date any more";
}

}  // namespace tracerec::diff
