// What a resource answers, and what it was asked: values of the API.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "schema/rows.h"

namespace tracerec::ui {

using Json = nlohmann::ordered_json;

struct Reply {
  int status = 200;
  Json body;
};

// {"error": {"code": …, "message": …}}; docs/viewer.md lists the codes.
[[nodiscard]] Reply failure(int status, const char* code, const std::string& message);
[[nodiscard]] Reply bad_request(const std::string& message);
[[nodiscard]] Reply not_found(const std::string& message);
// The trace file could not be read, or what is in it is no sound row.
[[nodiscard]] Reply unreadable(const Error& error);

// The parameters of a request, and the row that its path names.
struct Query {
  schema::RowId id = 0;
  std::string list{};  // the name of the list that the path names
  std::map<std::string, std::string> parameters{};
  std::string body{};

  // Empty when it was not given.
  [[nodiscard]] const std::string& text(const std::string& name) const;
  // Error: it is no whole number from `least` to `most`.
  [[nodiscard]] Result<std::int64_t> number(const std::string& name, std::int64_t when_missing, std::int64_t least,
                                            std::int64_t most) const;
  [[nodiscard]] Result<schema::RowId> row(const std::string& name) const;  // 0 when it was not given
  [[nodiscard]] Result<bool> flag(const std::string& name) const;          // 1 or 0; false when it was not given
};

// Recorded text may hold any bytes; JSON may not: what is no UTF-8 is written as \xNN.
[[nodiscard]] std::string safe(std::string_view text);

// Nanoseconds as microseconds, which a browser's numbers hold exactly; null when negative.
[[nodiscard]] Json microseconds(std::int64_t ns);

// A page of a list that is in memory: "items", "total", "next" (null at the end).
[[nodiscard]] Json page_of(const Json& list, std::size_t after, std::size_t limit);
constexpr std::int64_t kMostPerPage = 1000;

}  // namespace tracerec::ui
