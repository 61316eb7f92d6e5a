#include "gate/balanced_sample.h"

#include <algorithm>

// Tests: tests/gate/balanced_sample_test.cc.

namespace tracerec::gate {
namespace {

// `count` of them, at even distances.
template <class T>
std::vector<T> thinned(const std::vector<T>& all, std::size_t count) {
  if (all.size() <= count) return all;
  std::vector<T> some;
  for (std::size_t i = 0; i < count; ++i) some.push_back(all[i * all.size() / count]);
  return some;
}

}  // namespace

void BalancedSample::add(const std::string& endpoint, std::int64_t exchange) {
  const bool room = endpoints_.size() < kMaxEndpoints || endpoints_.contains(endpoint);
  Kept& kept = endpoints_[room ? endpoint : std::string{}];
  if (kept.offered++ % kept.stride != 0) return;
  kept.ids.push_back(exchange);
  if (kept.ids.size() < 2 * per_endpoint_) return;
  kept.ids = thinned(kept.ids, per_endpoint_);
  kept.stride *= 2;
}

std::vector<std::int64_t> BalancedSample::chosen() const {
  std::vector<const Kept*> endpoints;
  for (const auto& [name, kept] : endpoints_) endpoints.push_back(&kept);
  endpoints = thinned(endpoints, in_all_);
  std::size_t share = per_endpoint_;
  const auto total = [&] {
    std::size_t sum = 0;
    for (const Kept* kept : endpoints) sum += std::min(share, kept->ids.size());
    return sum;
  };
  while (share > 1 && total() > in_all_) --share;
  std::vector<std::int64_t> chosen;
  for (const Kept* kept : endpoints) {
    for (const std::int64_t id : thinned(kept->ids, share)) chosen.push_back(id);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace tracerec::gate
