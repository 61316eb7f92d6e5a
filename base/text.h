// Small text helpers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tracerec {

// ASCII case-insensitive equality, as HTTP field names need it (RFC 9110 §5.1). Locale plays no part.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

[[nodiscard]] std::string to_lower(std::string_view text);

// Without leading and trailing spaces and tabs (the OWS of RFC 9110 §5.6.3).
[[nodiscard]] std::string_view trim(std::string_view text);

// "30s", "500ms", "2m", "1h" or a bare number of seconds, as nanoseconds. Nothing when it is not one.
[[nodiscard]] std::optional<std::int64_t> parse_duration_ns(std::string_view text);

// "64MiB", "2GiB", "10MB", "4096" as bytes. Nothing when it is not one or does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_size_bytes(std::string_view text);

// "1.5 MiB" for people.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

// "1,234,567" for people.
[[nodiscard]] std::string format_count(std::uint64_t count);

// Recorded data is hostile input to a terminal: control bytes and invalid UTF-8 become \xNN, so that no escape sequence
// gets through. Cuts after `limit` output bytes and marks the cut with "…".
[[nodiscard]] std::string printable(std::string_view bytes, std::size_t limit = SIZE_MAX);

}  // namespace tracerec
