// Exchanges as a HAR file (HTTP Archive 1.2).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/error.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::convert {

// What stands before the first entry and after the last one. Entries are separated by commas.
[[nodiscard]] std::string har_opening(const std::string& version);
inline constexpr const char* kHarClosing = "\n]}}\n";

struct HarEntry {
  nlohmann::ordered_json json;
  std::string left_out;  // why there is none: its request has no URL (OPTIONS *), or its head cannot be read
};

// Chunk framing and content codings are undone, as the format wants it; bytes that are no UTF-8 are base64;
// a body that is not whole is left out, and `comment` has the notes. `connection`: of the exchange, if it has one.
// Error: the trace file cannot be read.
[[nodiscard]] Result<HarEntry> to_har_entry(schema::Reader& reader, const schema::StoredExchange& exchange,
                                            const std::optional<schema::Connection>& connection);

}  // namespace tracerec::convert
