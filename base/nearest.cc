#include "base/nearest.h"

#include <algorithm>
#include <array>

namespace tracerec {
namespace {

constexpr std::size_t kLongestWord = 64;
using Row = std::array<std::size_t, kLongestWord + 1>;

// Changes of one letter that make `b` of `a`; two that were swapped are one. Both have at most kLongestWord bytes.
std::size_t distance(std::string_view a, std::string_view b) {
  Row before_last{}, last{}, now{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = now;
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view best;
  if (word.size() > kLongestWord) return best;
  std::size_t least = SIZE_MAX;
  for (const std::string_view one : known) {
    if (one.size() > kLongestWord) continue;
    const std::size_t changes = distance(word, one);
    const std::size_t most = std::max<std::size_t>(1, std::min(word.size(), one.size()) / 3);
    if (changes > most || changes >= std::min(word.size(), one.size()) || changes >= least) continue;
    least = changes;
    best = one;
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::string_view known) {
  constexpr std::string_view kBetween = ", ";
  std::vector<std::string_view> names;
  for (bool more = true; more;) {
    const std::size_t end = known.find(kBetween);
    names.push_back(known.substr(0, end));
    more = end != std::string_view::npos;
    if (more) known.remove_prefix(end + kBetween.size());
  }
  const std::string_view meant = nearest(word, names);
  return meant.empty() ? std::string{} : " (did you mean " + std::string(meant) + "?)";
}

}  // namespace tracerec
