// Copies a trace file and replaces secrets on the way.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "redact/redactor.h"

namespace tracerec::cli {

struct ScrubCounts {
  std::uint64_t recordings = 0;
  std::uint64_t exchanges = 0;
  std::uint64_t runs = 0;
  std::uint64_t responses = 0;
  redact::Replaced replaced;
  std::uint64_t reencoded = 0;     // bodies that have another length now
  std::uint64_t unsearched = 0;    // bodies that were copied as they are
  std::uint64_t withheld = 0;      // bodies that were left out
  std::uint64_t opaque_bytes = 0;  // that are not HTTP/1, left out
};

// Reads the file `from` and writes `to`, which must not exist: every recording and run with all their rows, under their
// old ids. Pseudonyms in `from` become others; secrets that are equal are so in the whole of `to`. Until it is complete
// the file has the name `to` with ".part" at its end; an error, or `stop`, removes it. What a killed scrub left
// under that name is removed when nobody holds it. `rules_file`, which may be empty, is not overwritten either.
// `redactor` is borrowed. Errors: as of Reader::open(), and what writing can meet.
[[nodiscard]] Result<ScrubCounts> scrub_file(const std::string& from, const std::string& to,
                                             const std::string& rules_file, redact::Redactor& redactor,
                                             const std::atomic<bool>& stop);

}  // namespace tracerec::cli
