// What the values of a noisy location have in common, learned from examples and then enforced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/difference.h"
#include "diff/text_spans.h"
#include "diff/url_shape.h"

namespace tracerec::diff {

enum class TextFormat : std::uint8_t { kFree, kUuid, kUlid, kRfc3339, kHttpDate, kJwt, kUrl };

// The most special format that all of `text` has.
[[nodiscard]] TextFormat format_of(std::string_view text);

// Whether a server that wrote `recorded` may have written `replayed` in its place, as it may another id or token: both
// have one format, or are digits, or what is new has the characters and about the length of the recorded text. URLs
// differ in ids only.
[[nodiscard]] bool is_alike(std::string_view recorded, std::string_view replayed);

// The part of is_alike() that holds of a pseudonym, which has no format: characters and length.
[[nodiscard]] bool has_characters_like(std::string_view recorded, std::string_view replayed);

// When the two sides of a pair were answered, in nanoseconds since 1970; 0: not known.
struct ResponseTimes {
  std::int64_t recorded_ns = 0;
  std::int64_t replayed_ns = 0;
};

// A shape that a rule asks for by its name.
struct NamedShape {
  std::string name;                   // one of kShapeNames
  std::optional<std::size_t> length;  // of strings, in bytes
};

// "uuid, ulid, …": the names that there are, for messages.
[[nodiscard]] std::string shape_names();
[[nodiscard]] bool is_shape_name(std::string_view name);
[[nodiscard]] bool is_text_shape(std::string_view name);  // not one of numbers or booleans

// Why `value` does not have the shape, for people; nothing when it has.
[[nodiscard]] std::optional<std::string> violation_of(const NamedShape& shape, const body::Value& value);

// Learned from pairs of values that equal requests got at one location. Enforced are only properties that chance would
// not have produced: an alphabet when the odds that a wider one looks like this are below one in a million, a length
// when several pairs (or one of long values) had it in common; times stay as far from the moment of the response as
// they were. Texts that have most of their words in common vary only after the words after which they were seen to
// vary, and what stands there has a shape of its own. Bounded memory.
class Shape {
 public:
  // Two values of one location in two responses to equal requests.
  void learn(const body::Value& a, const body::Value& b, const ResponseTimes& times = {});

  // Why `replayed` does not have the learned shape, for people; nothing when it has. Where the length was constant
  // within each pair, `replayed` must be as long as `recorded`, the value that the same request got when it was
  // recorded. `knows_recorded` is false when only responses of the target were learned from: then `recorded` must be
  // of their kind as well, for the target may vary where, and as, it should not.
  [[nodiscard]] std::optional<std::string> violation(const body::Value& recorded, const body::Value& replayed,
                                                     const ResponseTimes& times = {}, bool knows_recorded = true) const;

  // Whether what was learned from may run with time: numbers that always rose, or always fell, and points in time.
  [[nodiscard]] bool may_be_a_clock() const;

  // "letters, same length", "integer", "UUID"…
  [[nodiscard]] std::string describe() const;

 private:
  void observe(const body::Value& value, std::int64_t at_ns);
  void observe_number(const body::Value& value);
  void observe_string(std::string_view text);
  void observe_time(const body::Value& value, std::int64_t at_ns);
  void observe_word(std::string_view text);
  [[nodiscard]] bool is_unseen_word(std::string_view recorded, std::string_view replayed) const;
  void observe_length(std::size_t a, std::size_t b);
  void learn_spans(std::string_view a, std::string_view b);
  void learn_span(std::uint64_t context, const SpanChange& span);
  void give_up_spans();
  [[nodiscard]] bool knows_spans() const;
  [[nodiscard]] const Shape* span_shape(const SpanChange& span) const;
  [[nodiscard]] std::optional<std::string> span_violation(std::string_view recorded, std::string_view replayed) const;
  [[nodiscard]] bool length_is_fixed() const;
  [[nodiscard]] std::uint32_t allowed_characters() const;
  [[nodiscard]] bool follows_the_clock() const;
  [[nodiscard]] bool only_counts_up() const;
  [[nodiscard]] std::optional<std::string> time_violation(const body::Value& replayed, std::int64_t at_ns) const;
  [[nodiscard]] std::optional<std::string> stranger_violation(const body::Value& recorded,
                                                              const body::Value& replayed) const;
  [[nodiscard]] std::optional<std::string> format_violation(std::string_view recorded, std::string_view replayed) const;
  [[nodiscard]] std::optional<std::string> string_violation(std::string_view recorded, std::string_view replayed) const;
  [[nodiscard]] std::optional<std::string> number_violation(const body::Value& recorded,
                                                            const body::Value& replayed) const;

  std::vector<std::uint64_t> words_;  // hashes of the words seen, while they are a few that repeat
  bool words_off_ = false;
  bool any_string_ = false;
  bool any_number_ = false;
  bool all_integers_ = true;
  bool empty_seen_ = false;
  bool format_known_ = false;
  TextFormat format_ = TextFormat::kFree;
  bool length_varied_ = false;
  std::uint32_t length_evidence_ = 0;
  std::uint32_t characters_ = 0;  // set of character groups
  std::uint64_t characters_seen_ = 0;
  bool skeleton_varied_ = false;  // of URLs
  UrlShape url_;
  bool spans_off_ = false;  // texts vary as a whole
  std::uint64_t constant_bytes_ = 0;
  std::vector<std::uint64_t> span_contexts_;  // SpanChange::context and ::column
  std::vector<Shape> span_shapes_;            // of each
  bool time_style_varied_ = false;            // T or space, Z or offset
  std::uint32_t numbers_ = 0;
  double smallest_ = 0, largest_ = 0;
  std::uint32_t pairs_ = 0;
  std::uint32_t rising_pairs_ = 0;        // integers: the later response had the larger one
  std::uint32_t higher_ = 0, lower_ = 0;  // pairs of any numbers: the later one was
  std::uint32_t values_ = 0;
  std::uint32_t times_ = 0;      // of the values: points in time in responses whose moment is known
  std::size_t time_digits_ = 0;  // of times that are numbers: their unit; 0 when it varied
  std::int64_t least_skew_ns_ = 0, greatest_skew_ns_ = 0;
};

}  // namespace tracerec::diff
