// Differences kept as text, for tests to look at.
#pragma once

#include <string>
#include <vector>

#include "diff/difference.h"
#include "diff/json_diff.h"

namespace tracerec::diff {

struct Kept {
  std::string kind, location, path, recorded, replayed, note;
  bool operator==(const Kept&) const = default;
};

class KeepDifferences final : public DifferenceSink {
 public:
  void on_difference(const Difference& d) override {
    if (d.varies) return varying.push_back(std::string(d.location) + " " + std::string(d.replayed.shown));
    kept.push_back({std::string(name_of(d.kind)), std::string(d.location), std::string(d.path),
                    std::string(d.recorded.shown), std::string(d.replayed.shown), std::string(d.note)});
  }
  void on_not_compared(NotCompared reason) override { not_compared.emplace_back(name_of(reason)); }

  // "kind path" of each, in order.
  [[nodiscard]] std::vector<std::string> brief() const {
    std::vector<std::string> lines;
    for (const Kept& one : kept) lines.push_back(one.kind + " " + one.path);
    return lines;
  }

  std::vector<Kept> kept;
  std::vector<std::string> varying;  // "location new value" of Difference::varies
  std::vector<std::string> not_compared;
};

inline KeepDifferences diff_texts(const std::string& recorded, const std::string& replayed) {
  const auto a = body::JsonDocument::parse(recorded);
  const auto b = body::JsonDocument::parse(replayed);
  KeepDifferences sink;
  if (a && b) {
    diff_json(*a, *b, sink);
  } else {
    sink.not_compared.emplace_back("not json");
  }
  return sink;
}

using Lines = std::vector<std::string>;

}  // namespace tracerec::diff
