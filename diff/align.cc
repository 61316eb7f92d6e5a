#include "diff/align.h"

#include <algorithm>
#include <limits>

namespace tracerec::diff {
namespace {

using Index = std::uint32_t;
using Hashes = std::span<const std::uint64_t>;
using Match = std::pair<Index, Index>;  // recorded, replayed

constexpr Index kNone = std::numeric_limits<Index>::max();

std::vector<Index> sorted_by_hash(Hashes hashes) {
  std::vector<Index> order(hashes.size());
  for (Index i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](Index a, Index b) { return hashes[a] != hashes[b] ? hashes[a] < hashes[b] : a < b; });
  return order;
}

// Equal elements, the k-th of one hash with the k-th, ordered by replayed index.
std::vector<Match> match_equal(Hashes recorded, Hashes replayed) {
  const std::vector<Index> left = sorted_by_hash(recorded);
  const std::vector<Index> right = sorted_by_hash(replayed);
  std::vector<Match> matches;
  for (std::size_t i = 0, j = 0; i < left.size() && j < right.size();) {
    const std::uint64_t a = recorded[left[i]];
    const std::uint64_t b = replayed[right[j]];
    if (a == b) matches.emplace_back(left[i], right[j]);
    if (a <= b) ++i;
    if (b <= a) ++j;
  }
  std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) { return a.second < b.second; });
  return matches;
}

// Marks the members of a longest increasing subsequence of the recorded indices (patience sorting).
std::vector<bool> longest_run(const std::vector<Match>& matches) {
  std::vector<Index> tails;                          // index into matches of the smallest end of each length
  std::vector<Index> before(matches.size(), kNone);  // the one before in the best run that ends here
  for (Index at = 0; at < matches.size(); ++at) {
    const auto slot = std::lower_bound(tails.begin(), tails.end(), at,
                                       [&](Index a, Index b) { return matches[a].first < matches[b].first; });
    if (slot != tails.begin()) before[at] = *(slot - 1);
    if (slot == tails.end()) {
      tails.push_back(at);
    } else {
      *slot = at;
    }
  }
  std::vector<bool> kept(matches.size(), false);
  for (Index at = tails.empty() ? kNone : tails.back(); at != kNone; at = before[at]) kept[at] = true;
  return kept;
}

// Aligns what lies between two equal ends.
class Middle {
 public:
  Middle(Hashes recorded, Hashes replayed)
      : recorded_used_(recorded.size(), false), replayed_used_(replayed.size(), false) {
    const std::vector<Match> matches = match_equal(recorded, replayed);
    const std::vector<bool> kept = longest_run(matches);
    for (std::size_t i = 0; i < matches.size(); ++i) {
      recorded_used_[matches[i].first] = true;
      replayed_used_[matches[i].second] = true;
      (kept[i] ? anchors_ : result_.moved).push_back(matches[i]);
    }
  }

  Alignment run() {
    Match from{0, 0};
    for (const Match& anchor : anchors_) {
      pair_gap(from, anchor);
      from = {anchor.first + 1, anchor.second + 1};
    }
    pair_gap(from, {static_cast<Index>(recorded_used_.size()), static_cast<Index>(replayed_used_.size())});
    pair_rest();
    return std::move(result_);
  }

 private:
  static std::vector<Index> unused(const std::vector<bool>& used, Index begin, Index end) {
    std::vector<Index> indices;
    for (Index i = begin; i < end; ++i) {
      if (!used[i]) indices.push_back(i);
    }
    return indices;
  }

  // Pairs what is left of both sides between two anchors, in order.
  void pair_gap(const Match& from, const Match& to) {
    const std::vector<Index> left = unused(recorded_used_, from.first, to.first);
    const std::vector<Index> right = unused(replayed_used_, from.second, to.second);
    const std::size_t both = std::min(left.size(), right.size());
    for (std::size_t i = 0; i < both; ++i) result_.changed.emplace_back(left[i], right[i]);
    result_.removed.insert(result_.removed.end(), left.begin() + static_cast<std::ptrdiff_t>(both), left.end());
    result_.inserted.insert(result_.inserted.end(), right.begin() + static_cast<std::ptrdiff_t>(both), right.end());
  }

  // One removed here and one inserted there leave the length alone: they are a change.
  void pair_rest() {
    const std::size_t both = std::min(result_.removed.size(), result_.inserted.size());
    for (std::size_t i = 0; i < both; ++i) result_.changed.emplace_back(result_.removed[i], result_.inserted[i]);
    result_.removed.erase(result_.removed.begin(), result_.removed.begin() + static_cast<std::ptrdiff_t>(both));
    result_.inserted.erase(result_.inserted.begin(), result_.inserted.begin() + static_cast<std::ptrdiff_t>(both));
  }

  std::vector<bool> recorded_used_;
  std::vector<bool> replayed_used_;
  std::vector<Match> anchors_;
  Alignment result_;
};

void shift(Alignment& alignment, Index by) {
  for (auto* matches : {&alignment.changed, &alignment.moved}) {
    for (Match& match : *matches) match = {match.first + by, match.second + by};
  }
  for (auto* indices : {&alignment.removed, &alignment.inserted}) {
    for (Index& index : *indices) index += by;
  }
}

}  // namespace

Alignment align(Hashes recorded, Hashes replayed) {
  const std::size_t shorter = std::min(recorded.size(), replayed.size());
  std::size_t prefix = 0;
  while (prefix < shorter && recorded[prefix] == replayed[prefix]) ++prefix;
  std::size_t suffix = 0;
  while (suffix < shorter - prefix &&
         recorded[recorded.size() - 1 - suffix] == replayed[replayed.size() - 1 - suffix]) {
    ++suffix;
  }
  Alignment alignment = Middle(recorded.subspan(prefix, recorded.size() - prefix - suffix),
                               replayed.subspan(prefix, replayed.size() - prefix - suffix))
                            .run();
  shift(alignment, static_cast<Index>(prefix));
  return alignment;
}

}  // namespace tracerec::diff
