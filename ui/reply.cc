#include "ui/reply.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "base/utf8.h"

namespace tracerec::ui {

Reply failure(int status, const char* code, const std::string& message) {
  return {status, {{"error", {{"code", code}, {"message", safe(message)}}}}};
}

Reply bad_request(const std::string& message) {
  return failure(400, "bad_request", message);
}

Reply not_found(const std::string& message) {
  return failure(404, "not_found", message);
}

Reply unreadable(const Error& error) {
  return failure(500, "unreadable", error.message);
}

const std::string& Query::text(const std::string& name) const {
  static const std::string kNone;
  const auto at = parameters.find(name);
  return at == parameters.end() ? kNone : at->second;
}

Result<std::int64_t> Query::number(const std::string& name, std::int64_t when_missing, std::int64_t least,
                                   std::int64_t most) const {
  const std::string& given = text(name);
  if (given.empty()) return when_missing;
  std::int64_t value = 0;
  const char* const end = given.data() + given.size();
  const auto [parsed_to, error] = std::from_chars(given.data(), end, value);
  if (error == std::errc{} && parsed_to == end && value >= least && value <= most) return value;
  return Error{name + " is a whole number from " + std::to_string(least) + " to " + std::to_string(most)};
}

Result<schema::RowId> Query::row(const std::string& name) const {
  return number(name, 0, 1, INT64_MAX);
}

Result<bool> Query::flag(const std::string& name) const {
  const auto value = number(name, 0, 0, 1);
  return value ? Result<bool>(*value == 1) : value.error();
}

std::string safe(std::string_view text) {
  return is_utf8(text) ? std::string(text) : printable(text);
}

Json microseconds(std::int64_t ns) {
  return ns < 0 ? Json(nullptr) : Json(ns / 1000);
}

Json page_of(const Json& list, std::size_t after, std::size_t limit) {
  Json items = Json::array();
  const std::size_t begin = std::min(after, list.size());
  const std::size_t end = begin + std::min(limit, list.size() - begin);
  for (std::size_t i = begin; i < end; ++i) items.push_back(list[i]);
  return {{"items", std::move(items)}, {"total", list.size()}, {"next", end < list.size() ? Json(end) : Json(nullptr)}};
}

}  // namespace tracerec::ui
