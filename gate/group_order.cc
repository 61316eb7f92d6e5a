#include "gate/group_order.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "gate/finding_store.h"
#include "gate/location_name.h"

namespace tracerec::gate {
namespace {

constexpr std::size_t kFew = 3;  // of a crowd, before it waits for others of its severity

bool explains(const FindingGroup& group) {
  return group.cause == Cause::kLogin || group.dependents + group.unsent > 0;
}

bool is_server_error(const Finding& finding) {
  return finding.kind == diff::Kind::kStatus && !finding.samples.empty() &&
         finding.samples.front().replayed.starts_with('5');
}

// How many groups of its crowds come before each one: 0 for the first `few`, then in doubling steps.
std::vector<std::size_t> crowding_of(const std::vector<FindingGroup>& groups, const std::vector<Finding>& findings,
                                     std::size_t few) {
  std::unordered_map<std::string, std::size_t> at_endpoint, of_name;
  std::vector<std::size_t> crowding;
  for (const FindingGroup& group : groups) {
    const Finding& first = findings[group.members.front()];
    const std::size_t before = std::max(at_endpoint[key_of_finding(first.endpoint, "", first.kind)]++,
                                        of_name[key_of_finding("", split_location(first.location).name, first.kind)]++);
    crowding.push_back(static_cast<std::size_t>(std::bit_width(before / few)));
  }
  return crowding;
}

// The groups by their crowding, and otherwise in their order.
template <class Before>
std::vector<std::size_t> order_by(const std::vector<FindingGroup>& groups, const std::vector<std::size_t>& crowding,
                                  const Before& before) {
  std::vector<std::size_t> order(groups.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(before(groups[a]), crowding[a]) < std::pair(before(groups[b]), crowding[b]);
  });
  return order;
}

}  // namespace

void sort_groups(std::vector<FindingGroup>& groups, const std::vector<Finding>& findings) {
  const auto importance = [&](const FindingGroup& one) {
    return std::tuple(!explains(one), -static_cast<int>(one.severity), !is_server_error(findings[one.members.front()]));
  };
  std::stable_sort(groups.begin(), groups.end(), [&](const FindingGroup& a, const FindingGroup& b) {
    return std::pair(importance(a), b.exchanges) < std::pair(importance(b), a.exchanges);
  });
  std::vector<FindingGroup> sorted;
  sorted.reserve(groups.size());
  for (const std::size_t i : order_by(groups, crowding_of(groups, findings, kFew), importance))
    sorted.push_back(std::move(groups[i]));
  groups = std::move(sorted);
}

std::vector<std::size_t> fair_order(const std::vector<FindingGroup>& groups, const std::vector<Finding>& findings) {
  return order_by(groups, crowding_of(groups, findings, 1), [](const FindingGroup& one) { return !explains(one); });
}

}  // namespace tracerec::gate
