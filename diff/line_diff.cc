#include "diff/line_diff.h"

#include <cstdint>
#include <functional>

#include "diff/align.h"

namespace tracerec::diff {
namespace {

std::vector<std::uint64_t> hashes_of(const std::vector<std::string>& lines) {
  std::vector<std::uint64_t> hashes;
  hashes.reserve(lines.size());
  for (const std::string& line : lines) hashes.push_back(std::hash<std::string>{}(line));
  return hashes;
}

// Of each line, whether it has no counterpart.
struct Unmatched {
  std::vector<bool> recorded;
  std::vector<bool> replayed;
};

Unmatched unmatched(const std::vector<std::string>& recorded, const std::vector<std::string>& replayed) {
  const Alignment alignment = align(hashes_of(recorded), hashes_of(replayed));
  Unmatched lines{std::vector<bool>(recorded.size()), std::vector<bool>(replayed.size())};
  for (const auto* pairs : {&alignment.changed, &alignment.moved}) {
    for (const auto& [a, b] : *pairs) lines.recorded[a] = lines.replayed[b] = true;
  }
  for (const std::uint32_t a : alignment.removed) lines.recorded[a] = true;
  for (const std::uint32_t b : alignment.inserted) lines.replayed[b] = true;
  return lines;
}

}  // namespace

std::vector<DiffLine> diff_lines(const std::vector<std::string>& recorded, const std::vector<std::string>& replayed) {
  const Unmatched alone = unmatched(recorded, replayed);
  std::vector<DiffLine> lines;
  std::size_t a = 0, b = 0;
  while (a < recorded.size() || b < replayed.size()) {
    for (; a < recorded.size() && alone.recorded[a]; ++a) lines.push_back({DiffLine::Side::kRecorded, recorded[a]});
    for (; b < replayed.size() && alone.replayed[b]; ++b) lines.push_back({DiffLine::Side::kReplayed, replayed[b]});
    if (a < recorded.size() && b < replayed.size()) lines.push_back({DiffLine::Side::kBoth, recorded[a]});
    a = std::min(a + 1, recorded.size());
    b = std::min(b + 1, replayed.size());
  }
  return lines;
}

}  // namespace tracerec::diff
