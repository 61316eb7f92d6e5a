// What the judge needs to know of values that a replay carried over: an id that the target made itself is no
// difference.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "diff/input.h"
#include "schema/reader.h"

namespace tracerec::cli {

// The pairs (recorded value → the target's) that a run's requests were filled with. 16 bytes for each.
class ValueMapping {
 public:
  // `rows` and `bodies` as the judge has them: two readers of the file.
  [[nodiscard]] static Result<ValueMapping> load(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run);

  // In the recorded answer, each such value becomes the target's, where the new answer has just that at the same place.
  // A short number only where its name says that it is an id.
  void apply(const schema::StoredExchange& exchange, const schema::StoredAnswer& answer, diff::Message& recorded,
             const diff::Message& replayed) const;

 private:
  Result<void> add_source(schema::Reader& bodies, const schema::Run& run, schema::RowId exchange_id,
                          const std::vector<std::string>& locations);

  std::vector<std::uint64_t> recorded_;  // hashes, sorted
  std::vector<std::uint64_t> pairs_;
};

}  // namespace tracerec::cli
