// What the judge needs to know of values that a replay carried over: an id that the target made itself is no
// difference.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "diff/input.h"
#include "gate/counterparts.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

// The pairs (recorded value → the target's) that a run's requests were filled with, and those of ids that writes made,
// as far as the target's may stand for the recorded one: ids, tokens, cookies, and what a write made. Another name or
// price that a later request repeats is a difference all the same. Kept in gate::Counterparts, which sees to it that
// ids are one to one, and that two users do not have one token (gate/token_pairs.h).
class ValueMapping {
 public:
  // `counterparts` is borrowed, and shared with the judge.
  explicit ValueMapping(gate::Counterparts& counterparts) : counterparts_(counterparts) {}

  // What the requests of the run were filled with; once. `rows` and `bodies` as the judge has them: two readers of the
  // file. `against`: the run whose responses are taken for the recorded ones; 0: none. Error: unreadable file.
  [[nodiscard]] Result<void> load(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run,
                                  schema::RowId against);

  // The ids (gate::generated_spans) in the two responses to a write that succeeded: where the name of their member, or
  // the header Location, says that they are ids, and the request had them not, the recorded one becomes the target's
  // in later responses.
  void learn_made_ids(const std::string& recorded_head, const std::string& replayed_head, const diff::Pair& pair);

  // The ids that both responses have at the same locations stand for themselves.
  void learn_same_ids(const std::string& recorded_head, const std::string& replayed_head, const diff::Pair& pair);

  // In the recorded response, each such value becomes the target's, where the new response has just that at the same
  // location. A short number only where its name says that it is an id. The heads are those of the two messages.
  void apply(const std::string& recorded_head, const std::string& replayed_head, diff::Message& recorded,
             const diff::Message& replayed) const;

 private:
  struct Source {
    schema::RowId exchange_id = 0;
    std::vector<std::string> locations;  // in its response
  };
  Result<void> add_source(schema::Reader& bodies, const schema::Run& run, schema::RowId against, const Source& source);
  void add_token(const std::string& was, const std::string& is, std::uint64_t scope, std::uint64_t own);

  gate::Counterparts& counterparts_;
  bool recording_is_replaced_ = false;  // secrets in it are pseudonyms
};

}  // namespace tracerec::evaluate
