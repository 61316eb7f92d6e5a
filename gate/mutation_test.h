// Mutants through the judge, added up.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "gate/judge.h"
#include "gate/mutate.h"

namespace tracerec::gate {

// A mutant that no finding names.
struct Survivor {
  std::string endpoint, location;
  MutationKind kind = MutationKind::kChangeStatus;
  std::uint64_t count = 0;
};

struct MutationResult {
  std::uint64_t seed = 0;
  std::uint64_t tried = 0;
  std::uint64_t killed = 0;
  std::array<std::uint64_t, kMutationKinds> tried_of{}, killed_of{};
  std::vector<Survivor> survivors;  // the most frequent first; at most kMaxSurvivors

  [[nodiscard]] double score() const {
    return tried == 0 ? 0 : static_cast<double>(killed) / static_cast<double>(tried);
  }
};
constexpr std::size_t kMaxSurvivors = 20;

// Judges mutants by the noise, rules and approvals of a run. Everything is borrowed. One thread at a time.
class MutationTest {
 public:
  MutationTest(const Noise& noise, const diff::Rules& rules, const Endpoints& endpoints, const std::string& today,
               std::uint64_t seed);

  // Mutations of one recorded exchange, one of each kind in turn; `count` of them where the response has locations for
  // them.
  void add(const diff::Pair& recorded, std::size_t count);

  [[nodiscard]] MutationResult result() const;

 private:
  [[nodiscard]] bool kills(const diff::Pair& recorded, const diff::Message& mutated) const;

  const Noise& noise_;
  const diff::Rules& rules_;
  const Endpoints& endpoints_;
  std::string today_;
  std::mt19937_64 random_;
  std::size_t next_kind_ = 0;
  MutationResult result_;
  std::unordered_map<std::string, Survivor> survivors_;
};

}  // namespace tracerec::gate
