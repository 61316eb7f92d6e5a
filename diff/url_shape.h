// What stays the same in a URL that varies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tracerec::diff {

// A URL with what names one thing in it left out: "/users/{id}?page={id}". Ids are what endpoint.h takes for one.
[[nodiscard]] std::string url_skeleton(std::string_view url);

// Learned from pairs of URLs that equal requests got at one location. Scheme, host, the words of the path, the names of
// the query and the values in it that are words stay as they are; what is a number, a date or a token may vary, and so
// may what was seen to. Bounded memory.
class UrlShape {
 public:
  void learn(std::string_view a, std::string_view b);

  // Why `replayed` is another URL than `recorded` apart from what varies, for people; nothing when it is not.
  [[nodiscard]] std::optional<std::string> violation(std::string_view recorded, std::string_view replayed) const;

  // The same when only URLs of the target were learned from: what did not vary between them is as it was recorded.
  [[nodiscard]] std::optional<std::string> stranger_violation(std::string_view recorded,
                                                              std::string_view replayed) const;

 private:
  bool origin_varied_ = false;
  bool path_length_varied_ = false;
  bool path_words_varied_ = false;
  bool names_varied_ = false;
  bool query_words_varied_ = false;
  std::uint64_t varied_segments_ = 0;       // bits, by position
  std::vector<std::string> varied_values_;  // names in the query
};

}  // namespace tracerec::diff
