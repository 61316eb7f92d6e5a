#include "diff/line_diff.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>

#include "diff/align.h"

// How this works. Lines that are there once on each side, in the longest run that keeps their order, are anchors (the
// patience of Bram Cohen's diff): most lines of a laid out JSON document, `},` above all, are there a thousand times,
// and say nothing about what belongs together. Between two anchors stands a smallest edit script (Myers, An O(ND)
// Difference Algorithm, 1986, the greedy one of §4), unless it takes more than kMaxEdits edits: then align() does it.
// Tests: tests/diff/line_diff_test.cc.

namespace tracerec::diff {
namespace {

using Hashes = std::vector<std::uint64_t>;

constexpr int kMaxEdits = 1000;  // between two anchors: 8 MB

Hashes hashes_of(const std::vector<std::string>& lines) {
  Hashes hashes;
  hashes.reserve(lines.size());
  for (const std::string& line : lines) hashes.push_back(std::hash<std::string>{}(line));
  return hashes;
}

constexpr std::size_t kMaxSteps = 20'000'000;  // likewise: equal lines on every diagonal would take n · kMaxEdits

// A part of both sides.
struct Part {
  std::size_t a = 0, a_end = 0, b = 0, b_end = 0;
};

class LineDiff {
 public:
  LineDiff(const Hashes& recorded, const Hashes& replayed)
      : recorded_(recorded), replayed_(replayed), alone_a_(recorded.size()), alone_b_(replayed.size()) {}

  void run() {
    Part rest{0, recorded_.size(), 0, replayed_.size()};
    for (const auto& [a, b] : anchors()) {
      compare({rest.a, a, rest.b, b});
      rest.a = a + 1;
      rest.b = b + 1;
    }
    compare(rest);
  }

  // Whether this line has no counterpart.
  [[nodiscard]] bool alone_a(std::size_t i) const { return alone_a_[i]; }
  [[nodiscard]] bool alone_b(std::size_t i) const { return alone_b_[i]; }

 private:
  using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

  struct Seen {
    std::size_t a_times = 0, b_times = 0, b_at = 0;
  };

  // Increasing on both sides.
  [[nodiscard]] Pairs anchors() const {
    std::unordered_map<std::uint64_t, Seen> seen;
    for (const std::uint64_t hash : recorded_) ++seen[hash].a_times;
    for (std::size_t b = 0; b < replayed_.size(); ++b) {
      Seen& one = seen[replayed_[b]];
      ++one.b_times;
      one.b_at = b;
    }
    Pairs unique;
    for (std::size_t a = 0; a < recorded_.size(); ++a) {
      const Seen& one = seen[recorded_[a]];
      if (one.a_times == 1 && one.b_times == 1) unique.emplace_back(a, one.b_at);
    }
    return longest_increasing(unique);
  }

  // By `second`; `first` increases already.
  static Pairs longest_increasing(const Pairs& pairs) {
    std::vector<std::size_t> ends;  // of the best run of each length
    std::vector<std::size_t> before(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto at = std::lower_bound(ends.begin(), ends.end(), pairs[i].second,
                                       [&](std::size_t end, std::size_t b) { return pairs[end].second < b; });
      before[i] = at == ends.begin() ? i : *(at - 1);
      if (at == ends.end()) {
        ends.push_back(i);
      } else {
        *at = i;
      }
    }
    Pairs run(ends.size());
    std::size_t i = ends.empty() ? 0 : ends.back();
    for (auto place = run.rbegin(); place != run.rend(); ++place, i = before[i]) *place = pairs[i];
    return run;
  }

  void compare(Part part) {
    while (part.a < part.a_end && part.b < part.b_end && recorded_[part.a] == replayed_[part.b]) ++part.a, ++part.b;
    while (part.a < part.a_end && part.b < part.b_end && recorded_[part.a_end - 1] == replayed_[part.b_end - 1])
      --part.a_end, --part.b_end;
    if (!edit(part)) align_part(part);
  }

  // How far each diagonal came: x of the furthest point, by k = x - y; -1: nowhere.
  class Reach {
   public:
    explicit Reach(int edits) : offset_(edits + 1), x_(2 * static_cast<std::size_t>(edits) + 3, -1) {}
    int& operator[](int k) { return x_[static_cast<std::size_t>(k + offset_)]; }
    int operator[](int k) const { return x_[static_cast<std::size_t>(k + offset_)]; }

   private:
    int offset_;
    std::vector<int> x_;
  };

  struct Step {
    int x = -1;         // after the edit; -1: there is none
    bool down = false;  // a line of the candidate came; else one of the baseline went
  };

  static Step step(const Reach& reach, int k, int n, int m) {
    Step best;
    if (reach[k + 1] >= 0 && reach[k + 1] - k <= m) best = {reach[k + 1], true};
    if (reach[k - 1] >= 0 && reach[k - 1] < n && reach[k - 1] + 1 > best.x) best = {reach[k - 1] + 1, false};
    return best;
  }

  // False: it takes too many edits.
  bool edit(const Part& part) {
    const std::size_t lines = (part.a_end - part.a) + (part.b_end - part.b);
    const int most = static_cast<int>(std::min<std::size_t>(lines, kMaxEdits));
    const int n = static_cast<int>(std::min<std::size_t>(part.a_end - part.a, INT32_MAX / 4));
    const int m = static_cast<int>(std::min<std::size_t>(part.b_end - part.b, INT32_MAX / 4));
    std::vector<Reach> rounds;
    Reach reach(most);
    std::size_t steps = 0;
    for (int edits = 0; edits <= most && steps <= kMaxSteps; ++edits) {
      rounds.push_back(reach);
      for (int k = -edits; k <= edits; k += 2) {
        int x = edits == 0 ? 0 : step(rounds.back(), k, n, m).x;
        const int from = x;
        while (x >= 0 && x < n && x - k < m && is_equal(part, x, x - k)) ++x;
        steps += static_cast<std::size_t>(x - from) + 1;
        reach[k] = x;
        if (x < n || x - k < m) continue;
        mark(part, rounds, n, m);
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool is_equal(const Part& part, int x, int y) const {
    return recorded_[part.a + static_cast<std::size_t>(x)] == replayed_[part.b + static_cast<std::size_t>(y)];
  }

  // Back from the end: the edit of each round.
  void mark(const Part& part, const std::vector<Reach>& rounds, int n, int m) {
    int k = n - m;
    for (std::size_t round = rounds.size() - 1; round > 0; --round) {
      const Step one = step(rounds[round], k, n, m);
      if (one.down) {
        alone_b_[part.b + static_cast<std::size_t>(one.x - k - 1)] = true;
      } else {
        alone_a_[part.a + static_cast<std::size_t>(one.x - 1)] = true;
      }
      k += one.down ? 1 : -1;
    }
  }

  void align_part(const Part& part) {
    const Alignment found = align(std::span(recorded_).subspan(part.a, part.a_end - part.a),
                                  std::span(replayed_).subspan(part.b, part.b_end - part.b));
    for (const auto* pairs : {&found.changed, &found.moved}) {
      for (const auto& [a, b] : *pairs) alone_a_[part.a + a] = alone_b_[part.b + b] = true;
    }
    for (const std::uint32_t a : found.removed) alone_a_[part.a + a] = true;
    for (const std::uint32_t b : found.inserted) alone_b_[part.b + b] = true;
  }

  const Hashes& recorded_;
  const Hashes& replayed_;
  std::vector<bool> alone_a_, alone_b_;
};

// Somebody may have made lines of one hash.
void add_matched(const std::string& recorded, const std::string& replayed, std::vector<DiffLine>& lines) {
  if (recorded == replayed) return lines.push_back({DiffLine::Side::kBoth, recorded});
  lines.push_back({DiffLine::Side::kRecorded, recorded});
  lines.push_back({DiffLine::Side::kReplayed, replayed});
}

}  // namespace

std::vector<DiffLine> diff_lines(const std::vector<std::string>& recorded, const std::vector<std::string>& replayed) {
  const Hashes recorded_hashes = hashes_of(recorded), replayed_hashes = hashes_of(replayed);
  LineDiff found(recorded_hashes, replayed_hashes);
  found.run();
  std::vector<DiffLine> lines;
  std::size_t a = 0, b = 0;
  while (a < recorded.size() || b < replayed.size()) {
    for (; a < recorded.size() && found.alone_a(a); ++a) lines.push_back({DiffLine::Side::kRecorded, recorded[a]});
    for (; b < replayed.size() && found.alone_b(b); ++b) lines.push_back({DiffLine::Side::kReplayed, replayed[b]});
    if (a < recorded.size() && b < replayed.size()) add_matched(recorded[a], replayed[b], lines);
    a = std::min(a + 1, recorded.size());
    b = std::min(b + 1, replayed.size());
  }
  return lines;
}

}  // namespace tracerec::diff
