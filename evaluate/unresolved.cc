#include "evaluate/unresolved.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace tracerec::evaluate {
namespace {

// By exchange id, which rises from cause to effect: when an exchange comes, what it needed has its root already.
class Roots {
 public:
  void add(schema::RowId exchange_id, const schema::Substitution& missing) {
    if (!dependents_.empty() && dependents_.back().first == exchange_id) return;  // one missing value is enough
    const auto cause = std::lower_bound(dependents_.begin(), dependents_.end(),
                                        std::pair(missing.producer_exchange_id, std::size_t{0}));
    const bool is_dependent = cause != dependents_.end() && cause->first == missing.producer_exchange_id;
    const std::size_t root = is_dependent ? cause->second : root_of(missing);
    dependents_.emplace_back(exchange_id, root);
    ++roots_[root].exchanges;
  }

  Unresolved take() {
    Unresolved found;
    for (const auto& [exchange_id, root] : dependents_)
      found.dependents.emplace_back(exchange_id, roots_[root].exchange_id);
    for (const report::UnresolvedRoot& root : roots_) found.root_ids.insert(root.exchange_id);
    found.roots = std::move(roots_);
    return found;
  }

 private:
  std::size_t root_of(const schema::Substitution& missing) {
    const auto [at, added] =
        by_location_.try_emplace({missing.producer_exchange_id, missing.producer_location}, roots_.size());
    if (added) roots_.push_back({missing.producer_exchange_id, missing.producer_location, {}, 0});
    return at->second;
  }

  std::vector<std::pair<schema::RowId, std::size_t>> dependents_;
  std::map<std::pair<schema::RowId, std::string>, std::size_t> by_location_;
  std::vector<report::UnresolvedRoot> roots_;
};

Result<std::string> what_became_of(schema::Reader& reader, const schema::Run& run, schema::RowId exchange_id) {
  const auto response = reader.response(run.id, exchange_id);
  if (!response) return response.error();
  if (!*response) return std::string("was not sent");
  if (!(*response)->failure.empty()) return "failed (" + (*response)->failure + ")";
  return "was answered with " + std::to_string((*response)->status) + " without it";
}

}  // namespace

schema::RowId Unresolved::root_of(schema::RowId exchange_id) const {
  const auto at = std::lower_bound(dependents.begin(), dependents.end(), std::pair(exchange_id, schema::RowId{0}));
  return at != dependents.end() && at->first == exchange_id ? at->second : 0;
}

Result<Unresolved> find_unresolved(schema::Reader& reader, const schema::Run& run) {
  Roots roots;
  const auto visited =
      reader.for_each_unresolved(run.id, [&](schema::RowId exchange_id, const schema::Substitution& one) {
        roots.add(exchange_id, one);
        return true;
      });
  if (!visited) return visited.error();
  Unresolved found = roots.take();
  std::stable_sort(found.roots.begin(), found.roots.end(),
                   [](const auto& a, const auto& b) { return a.exchanges > b.exchanges; });
  for (report::UnresolvedRoot& root : found.roots) {
    auto outcome = what_became_of(reader, run, root.exchange_id);
    if (!outcome) return outcome.error();
    root.outcome = std::move(*outcome);
  }
  return found;
}

}  // namespace tracerec::evaluate
