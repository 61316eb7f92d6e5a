#include "evaluate/mutation.h"

namespace tracerec::evaluate {
namespace {

// How many of `mutations`, spread evenly over `pairs`, belong to each pair in turn.
class EvenShares {
 public:
  EvenShares(std::uint64_t mutations, std::uint64_t pairs) : mutations_(mutations), pairs_(pairs) {}

  std::uint64_t next() {
    const std::uint64_t before = due();
    ++index_;
    return due() - before;
  }

 private:
  [[nodiscard]] std::uint64_t due() const { return index_ * mutations_ / pairs_; }

  std::uint64_t mutations_;
  std::uint64_t pairs_;
  std::uint64_t index_ = 0;
};

}  // namespace

Result<gate::MutationResult> test_by_mutation(schema::Reader& rows, const schema::Run& run, const Plan& plan,
                                              const Evidence& evidence, PairSource& pairs, std::uint64_t compared) {
  gate::MutationTest test(evidence.noise(), plan.rules, evidence.endpoints(), plan.today, plan.seed);
  if (compared == 0) return test.result();
  EvenShares shares(plan.mutations, compared);
  Result<void> outcome;
  const auto mutate_one = [&](const schema::StoredExchange& exchange, const schema::StoredResponse& response) {
    if (!response.failure.empty() || !exchange.complete) return true;
    const std::uint64_t count = shares.next();
    if (count == 0) return true;
    auto pair = pairs.pair_of(exchange, response);
    if (!pair) outcome = pair.error();
    if (pair) pair->shared_cookies.clear();  // a finding of the run, not of what the mutation changes
    if (pair && !pair->baseline_failed) test.add(*pair, count);
    return outcome.has_value();
  };
  if (auto visited = rows.for_each_response(run.id, mutate_one); !visited) return visited.error();
  if (!outcome) return outcome.error();
  return test.result();
}

}  // namespace tracerec::evaluate
