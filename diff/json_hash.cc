#include "diff/json_hash.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace tracerec::diff {
namespace {

// The finalizer of splitmix64: every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

std::uint64_t combine(std::uint64_t a, std::uint64_t b) {
  return mix(a * 3 + mix(b));
}

class NodeHasher {
 public:
  explicit NodeHasher(const body::JsonDocument& document) : document_(document), hashes_(document.size()) {}

  // Children stand after their parent, so going backwards finds them done.
  std::vector<std::uint64_t> run() {
    for (std::size_t id = hashes_.size(); id-- > 0;) hashes_[id] = hash(static_cast<body::JsonNodeId>(id));
    return std::move(hashes_);
  }

 private:
  std::uint64_t hash(body::JsonNodeId id) {
    const body::JsonNode& node = document_.node(id);
    const auto salt = static_cast<std::uint64_t>(node.type);
    if (node.type == body::ValueType::kArray) return combine(salt, hash_elements(id));
    if (node.type == body::ValueType::kObject) return combine(salt, hash_members(id));
    return combine(salt, std::hash<std::string_view>{}(document_.text(id)));
  }

  std::uint64_t hash_elements(body::JsonNodeId array) {
    std::uint64_t sum = document_.node(array).children;
    body::JsonNodeId child = array + 1;
    for (std::uint32_t i = 0; i < document_.node(array).children; ++i) {
      sum = combine(sum, hashes_[child]);
      child = document_.node(child).next;
    }
    return sum;
  }

  std::uint64_t hash_members(body::JsonNodeId object) {
    names_.clear();
    std::uint64_t any_order = 0;
    std::uint64_t this_order = 0;
    body::JsonNodeId name = object + 1;
    for (std::uint32_t i = 0; i < document_.node(object).children; ++i) {
      const std::uint64_t member = combine(hashes_[name], hashes_[name + 1]);
      any_order += member;
      this_order = combine(this_order, member);
      names_.push_back(hashes_[name]);
      name = document_.node(name + 1).next;
    }
    return has_repeated_name() ? this_order : mix(any_order);
  }

  bool has_repeated_name() {
    std::sort(names_.begin(), names_.end());
    return std::adjacent_find(names_.begin(), names_.end()) != names_.end();
  }

  const body::JsonDocument& document_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint64_t> names_;
};

}  // namespace

std::vector<std::uint64_t> hash_nodes(const body::JsonDocument& document) {
  return NodeHasher(document).run();
}

}  // namespace tracerec::diff
