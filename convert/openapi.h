// A recording as an OpenAPI description: its endpoints, parameters, status codes and the shape of its bodies.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "schema/reader.h"

namespace tracerec::convert {

// What was looked at: what is not in here was not seen, and says nothing about the service.
struct OpenapiCounts {
  std::uint64_t exchanges = 0;
  std::uint64_t left_out = 0;      // incomplete, calls to others, no path
  std::uint64_t undecoded = 0;     // bodies whose content cannot be read: their type is named, without a schema
  std::uint64_t beyond_limit = 0;  // exchanges of further endpoints than kMostEndpoints
};
constexpr std::size_t kMostEndpoints = 2000;

struct Openapi {
  nlohmann::ordered_json document;  // OpenAPI 3.1.0
  OpenapiCounts counts;
};

// Reads the recording twice: `rows` walks, `bodies` fetches. Names and kinds only: no recorded value is in it. Error:
// the trace file cannot be read.
[[nodiscard]] Result<Openapi> to_openapi(schema::Reader& rows, schema::Reader& bodies,
                                         const schema::Recording& recording);

}  // namespace tracerec::convert
