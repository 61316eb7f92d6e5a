#include "diff/markup_order.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "body/markup.h"

namespace tracerec::diff {
namespace {

using Names = std::vector<std::string_view>;

Names names_in(std::string_view order) {
  Names names;
  while (!order.empty()) {
    const std::size_t end = std::min(order.find(' '), order.size());
    names.push_back(order.substr(0, end));
    order.remove_prefix(std::min(end + 1, order.size()));
  }
  return names;
}

// Takes out the names that one side has more often than the other.
void keep_common(Names& recorded, Names& replayed) {
  std::map<std::string_view, std::ptrdiff_t> surplus;
  for (const std::string_view name : recorded) ++surplus[name];
  for (const std::string_view name : replayed) --surplus[name];
  for (Names* names : {&recorded, &replayed}) {
    std::erase_if(*names, [&](std::string_view name) { return surplus[name] != 0; });
  }
}

std::string_view without(std::string_view text, std::string_view suffix) {
  return text.substr(0, text.size() - suffix.size());
}

}  // namespace

void MarkupOrderSink::on_difference(const Difference& difference) {
  static const std::string kSuffix = "['" + std::string(body::kMarkupOrder) + "']";
  if (!difference.location.ends_with(kSuffix)) return sink_.on_difference(difference);
  if (difference.kind != Kind::kValue)
    return;  // there are children of one name only now, or a text: another difference
  Names before = names_in(difference.recorded.text);
  Names after = names_in(difference.replayed.text);
  keep_common(before, after);
  if (before == after) return;
  const auto [left, right] = std::mismatch(before.begin(), before.end(), after.begin());
  const std::string note =
      "child elements in another order: <" + std::string(*right) + "> where <" + std::string(*left) + "> was";
  Difference order = difference;
  order.kind = Kind::kOrder;
  order.location = without(difference.location, kSuffix);
  order.path = without(difference.path, kSuffix);
  order.note = note;
  sink_.on_difference(order);
}

}  // namespace tracerec::diff
