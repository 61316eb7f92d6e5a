#include "gate/mutation_test.h"

#include <algorithm>
#include <tuple>

#include "gate/approvals.h"

namespace tracerec::gate {
namespace {

constexpr std::size_t kMaxKept = 10000;

}  // namespace

MutationTest::MutationTest(const Noise& noise, const diff::Rules& rules, const Endpoints& endpoints,
                           const std::string& today, std::uint64_t seed)
    : noise_(noise), rules_(rules), endpoints_(endpoints), today_(today), random_(seed) {
  result_.seed = seed;
}

bool MutationTest::kills(const diff::Pair& recorded, const diff::Message& mutated) const {
  Judge judge(noise_, rules_, endpoints_);
  diff::Pair pair = recorded;
  pair.failure.clear();
  pair.replayed = mutated;
  judge.add_pair(pair);
  Summary summary = judge.summary();
  apply_approvals(rules_, today_, summary);
  return !summary.findings.empty();
}

void MutationTest::add(const diff::Pair& recorded, std::size_t count) {
  if (!recorded.recorded_complete) return;
  for (std::size_t done = 0, attempts = 0; done < count && attempts < count * kMutationKinds; ++attempts) {
    const auto kind = static_cast<MutationKind>(next_kind_++ % kMutationKinds);
    const auto mutant = mutate(recorded.recorded, recorded.method, kind, random_);
    if (!mutant) continue;
    ++done;
    ++result_.tried;
    ++result_.tried_of[static_cast<std::size_t>(kind)];
    if (kills(recorded, mutant->response)) {
      ++result_.killed;
      ++result_.killed_of[static_cast<std::size_t>(kind)];
      continue;
    }
    const std::string endpoint = endpoints_.name_of(recorded.method, recorded.target, recorded.operation).name;
    const std::string key = location_key(endpoint, mutant->location) + '\0' + std::string(name_of(kind));
    if (survivors_.size() >= kMaxKept && !survivors_.contains(key)) continue;
    Survivor& survivor = survivors_[key];
    survivor = {endpoint, mutant->location, kind, survivor.count + 1};
  }
}

MutationResult MutationTest::result() const {
  MutationResult result = result_;
  for (const auto& [key, survivor] : survivors_) result.survivors.push_back(survivor);
  std::sort(result.survivors.begin(), result.survivors.end(), [](const Survivor& a, const Survivor& b) {
    return std::tie(b.count, a.endpoint, a.location, a.kind) < std::tie(a.count, b.endpoint, b.location, b.kind);
  });
  if (result.survivors.size() > kMaxSurvivors) result.survivors.resize(kMaxSurvivors);
  return result;
}

}  // namespace tracerec::gate
