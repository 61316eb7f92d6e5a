// Values that the target made itself, by what the recorded response had in their location.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "diff/difference.h"
#include "diff/input.h"
#include "gate/counterparts.h"
#include "gate/generated_values.h"

namespace tracerec::gate {

// "$.items[*].order_id" → "order_id"; empty when the location is not that of a member.
[[nodiscard]] std::string_view member_of(std::string_view location);

// Whether a recording replaces the value at this location by default (http/secret_names.h).
[[nodiscard]] bool names_a_redacted_field(std::string_view location);

// Explains differences between values that are made anew: times, ids and tokens (generated_values.h, made_values.h). A
// time may be that of its own response. An id or a token may be made by a write that succeeded on both sides, where the
// name of its member, or the header Location, says that it is one, unless the request had it: then it is an echo. Ids
// of requests and traces are made by any response. All of them may be what responses before said: where the recording
// had X, the target had Y. At most kMaxTimes are remembered, 8 bytes each; what is not leaves a difference unexplained.
class KnownPairs {
 public:
  // `counterparts` is borrowed.
  explicit KnownPairs(Counterparts& counterparts) : counterparts_(counterparts) {}

  // True: the two values differ only in times, ids and tokens, and each of those is explained. They are remembered.
  [[nodiscard]] bool explain(const diff::Pair& pair, const diff::Difference& difference);

  // Of a pseudonym at the location of a token: false when a write gave this token of the target in the place of another
  // recorded one already (token_pairs.h). Two users have one token. Remembers the pair.
  [[nodiscard]] bool keeps_tokens_apart(const diff::Pair& pair, const diff::Difference& difference);

  // Whether the two are ids that a write made, of which one has another counterpart already: two orders with one id. Or
  // JSON Web Tokens that it made, and the target's has the holder of another recorded one: two users are one.
  [[nodiscard]] bool contradicts(const diff::Pair& pair, const diff::Difference& difference) const;

  static constexpr std::size_t kMaxTimes = 1'000'000;
  static constexpr std::size_t kMaxTextBytes = std::size_t{64} << 10;  // of a value that is looked at

 private:
  struct Made {
    bool ids = false;     // this response may have made ids here
    bool tokens = false;  // and this value may be a token
  };
  [[nodiscard]] static Made made_in(const diff::Pair& pair, std::string_view location);
  [[nodiscard]] bool is_explained(const GeneratedSpan& recorded, std::string_view recorded_text,
                                  const GeneratedSpan& replayed, std::string_view replayed_text, const diff::Pair& pair,
                                  bool makes_ids) const;
  [[nodiscard]] bool explain_token(const diff::Pair& pair, const diff::Difference& difference);
  [[nodiscard]] bool explain_spans(const diff::Pair& pair, std::string_view recorded, std::string_view replayed,
                                   bool makes_ids);
  void remember(const GeneratedSpan& span, std::string_view recorded, std::string_view replayed);

  Counterparts& counterparts_;
  boost::unordered_flat_set<std::uint64_t> times_;
};

}  // namespace tracerec::gate
