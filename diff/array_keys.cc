#include "diff/array_keys.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace tracerec::diff {
namespace {

using Indices = std::vector<std::uint32_t>;

constexpr std::array<const char*, 10> kUsualKeys = {"id",   "_id",  "uuid", "guid", "key",
                                                    "code", "slug", "sku",  "name", "email"};

// The scalar member of this name, as written; nothing when there is none.
std::optional<std::string_view> scalar_member(const body::JsonDocument& document, body::JsonNodeId object,
                                              std::string_view wanted) {
  if (document.node(object).type != body::ValueType::kObject) return std::nullopt;
  body::JsonNodeId name = object + 1;
  for (std::uint32_t i = 0; i < document.node(object).children; ++i, name = document.node(name + 1).next) {
    if (document.text(name) != wanted) continue;
    const body::ValueType type = document.node(name + 1).type;
    if (type == body::ValueType::kObject || type == body::ValueType::kArray || type == body::ValueType::kNull)
      return std::nullopt;
    return document.raw(name + 1);
  }
  return std::nullopt;
}

// Key → index. Nothing when an element has no key or two have the same.
std::optional<std::map<std::string, std::uint32_t>> index_by(const ArrayView& array, const Indices& indices,
                                                             const std::vector<std::string>& keys) {
  std::map<std::string, std::uint32_t> by_key;
  for (const std::uint32_t index : indices) {
    std::string key;
    for (const std::string& name : keys) {
      const auto value = scalar_member(array.document, array.elements[index], name);
      if (!value) return std::nullopt;
      key.append(*value) += '\0';
    }
    if (!by_key.emplace(std::move(key), index).second) return std::nullopt;
  }
  return by_key;
}

class Pairing {
 public:
  Pairing(const ArrayView& recorded, const ArrayView& replayed, const Alignment& alignment)
      : recorded_(recorded), replayed_(replayed), left_(alignment.removed), right_(alignment.inserted) {
    for (const auto& [i, j] : alignment.changed) {
      left_.push_back(i);
      right_.push_back(j);
    }
  }

  // False when these keys do not tell the elements apart, or too few are in common.
  bool apply(const std::vector<std::string>& keys, bool by_rule, Alignment& alignment) const {
    const auto left = index_by(recorded_, left_, keys);
    const auto right = left ? index_by(replayed_, right_, keys) : std::nullopt;
    if (!left || !right) return false;
    Alignment paired;
    for (const auto& [key, i] : *left) {
      const auto at = right->find(key);
      if (at == right->end()) {
        paired.removed.push_back(i);
      } else {
        paired.changed.emplace_back(i, at->second);
      }
    }
    for (const auto& [key, j] : *right) {
      if (!left->contains(key)) paired.inserted.push_back(j);
    }
    if (!by_rule && 2 * paired.changed.size() < std::min(left_.size(), right_.size())) return false;
    take(std::move(paired), alignment);
    return true;
  }

 private:
  static void take(Alignment paired, Alignment& alignment) {
    std::sort(paired.changed.begin(), paired.changed.end());
    std::sort(paired.removed.begin(), paired.removed.end());
    std::sort(paired.inserted.begin(), paired.inserted.end());
    std::uint32_t furthest = 0;
    for (const auto& pair : paired.changed) {
      if (pair.second < furthest) alignment.moved.push_back(pair);
      furthest = std::max(furthest, pair.second);
    }
    alignment.changed = std::move(paired.changed);
    alignment.removed = std::move(paired.removed);
    alignment.inserted = std::move(paired.inserted);
  }

  const ArrayView& recorded_;
  const ArrayView& replayed_;
  Indices left_, right_;
};

}  // namespace

void pair_by_keys(const ArrayView& recorded, const ArrayView& replayed, const std::vector<std::string>* keys,
                  Alignment& alignment) {
  const Pairing pairing(recorded, replayed, alignment);
  if (keys) {
    pairing.apply(*keys, true, alignment);
    return;
  }
  for (const char* name : kUsualKeys) {
    if (pairing.apply({name}, false, alignment)) return;
  }
}

}  // namespace tracerec::diff
