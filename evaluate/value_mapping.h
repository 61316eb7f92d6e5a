// What the judge needs to know of values that a replay carried over: an id that the target made itself is no
// difference.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "diff/input.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

// The pairs (recorded value → the target's) that a run's requests were filled with, and those of ids that writes made.
// 16 bytes for each; of the latter at most kMaxMade.
class ValueMapping {
 public:
  // `rows` and `bodies` as the judge has them: two readers of the file. `against`: the run whose responses are taken
  // for the recorded ones; 0: none.
  [[nodiscard]] static Result<ValueMapping> load(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run,
                                                 schema::RowId against);

  // The ids (gate::generated_spans) in the two responses to a write that succeeded: where the name of their member, or
  // the header Location, says that they are ids, the recorded one becomes the target's in later responses.
  void learn_made_ids(const std::string& recorded_head, const std::string& replayed_head, const diff::Message& recorded,
                      const diff::Message& replayed);

  static constexpr std::size_t kMaxMade = 1'000'000;

  // In the recorded response, each such value becomes the target's, where the new response has just that at the same
  // location. A short number only where its name says that it is an id. The heads are those of the two messages.
  void apply(const std::string& recorded_head, const std::string& replayed_head, diff::Message& recorded,
             const diff::Message& replayed) const;

 private:
  struct Source {
    schema::RowId exchange_id = 0;
    std::vector<std::string> locations;  // in its response
  };
  void add(const std::string& before, const std::string& after);
  Result<void> add_source(schema::Reader& bodies, const schema::Run& run, schema::RowId against, const Source& source);

  boost::unordered_flat_set<std::uint64_t> recorded_;  // hashes
  boost::unordered_flat_set<std::uint64_t> pairs_;
  std::size_t made_ = 0;
};

}  // namespace tracerec::evaluate
