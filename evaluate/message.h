// A stored response as the comparison takes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "diff/input.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

// A longer body is not loaded into memory; the gate counts it as not compared.
constexpr std::uint64_t kMaxBodyBytes = std::uint64_t{64} << 20;

// The status codes of the heads of 1xx responses, as stored one after the other.
[[nodiscard]] std::vector<int> interim_codes(std::string_view heads);

// Those of schema::StoredResponse::interim; a file is hostile input: what is no number is left out.
[[nodiscard]] std::vector<int> interim_codes_of_run(std::string_view codes);

// `raw_head` as stored; `body` is read through `bodies`. `at_unix_ns`: when it was asked for. Errors: the head is not a
// response head, the trace file cannot be read.
[[nodiscard]] Result<diff::Message> read_message(schema::Reader& bodies, const std::string& raw_head,
                                                 const schema::StoredBody& body, std::int64_t at_unix_ns);

}  // namespace tracerec::evaluate
