// Walks two documents in step, with a stack of its own for what is still to be compared: depth costs heap, not stack.
// Equal subtrees are skipped by their hashes. tests/diff/json_diff_test.cc holds it against a naive comparison on
// random documents with known mutations.
#include "diff/json_diff.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "body/json_path.h"
#include "diff/align.h"
#include "diff/array_keys.h"
#include "diff/decimal.h"
#include "diff/json_hash.h"

namespace tracerec::diff {
namespace {

// Of an element that is named in a note.
constexpr std::size_t kMaxNoteBytes = 200;

struct Member {
  std::string_view name;
  body::JsonNodeId value;
};

std::vector<Member> members_of(const body::JsonDocument& document, body::JsonNodeId object) {
  std::vector<Member> members;
  members.reserve(document.node(object).children);
  body::JsonNodeId name = object + 1;
  for (std::uint32_t i = 0; i < document.node(object).children; ++i) {
    members.push_back({document.text(name), name + 1});
    name = document.node(name + 1).next;
  }
  return members;
}

std::vector<body::JsonNodeId> elements_of(const body::JsonDocument& document, body::JsonNodeId array) {
  std::vector<body::JsonNodeId> elements;
  elements.reserve(document.node(array).children);
  body::JsonNodeId element = array + 1;
  for (std::uint32_t i = 0; i < document.node(array).children; ++i) {
    elements.push_back(element);
    element = document.node(element).next;
  }
  return elements;
}

bool same_names_in_order(const std::vector<Member>& a, const std::vector<Member>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Member& x, const Member& y) { return x.name == y.name; });
}

void sort_by_name(std::vector<Member>& members) {
  std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.name < b.name; });
}

bool is_number(body::ValueType type) {
  return type == body::ValueType::kInteger || type == body::ValueType::kDecimal;
}

bool same_type(body::ValueType a, body::ValueType b) {
  return a == b || (is_number(a) && is_number(b));
}

class JsonDiffer {
 public:
  JsonDiffer(const body::JsonDocument& recorded, const body::JsonDocument& replayed, const EndpointRules& rules,
             DifferenceSink& sink)
      : recorded_(recorded),
        replayed_(replayed),
        recorded_hashes_(hash_nodes(recorded)),
        replayed_hashes_(hash_nodes(replayed)),
        rules_(rules),
        sink_(sink) {}

  void run() {
    tasks_.push_back({});
    while (!tasks_.empty()) {
      if (differences_ >= kMaxDifferences) return sink_.on_not_compared(NotCompared::kBudget);
      const Task task = tasks_.back();
      tasks_.pop_back();
      path_.return_to(task.parent);
      if (task.step == Step::kMember) path_.enter_member(task.name);
      if (task.step == Step::kElement) path_.enter_element(task.index);
      compare(task.a, task.b);
    }
  }

 private:
  enum class Step : std::uint8_t { kRoot, kMember, kElement };

  // Two values to compare, and how to get there from the location of their parents.
  struct Task {
    Step step = Step::kRoot;
    body::JsonNodeId a = body::JsonDocument::root();
    body::JsonNodeId b = body::JsonDocument::root();
    body::JsonPath::Mark parent = {};
    std::string_view name = {};
    std::uint32_t index = 0;
  };

  void compare(body::JsonNodeId a, body::JsonNodeId b) {
    const body::ValueType type = recorded_.node(a).type;
    if (recorded_hashes_[a] == replayed_hashes_[b]) return note_member_order(a, b);
    if (!same_type(type, replayed_.node(b).type)) return report(Kind::kType, recorded_.value(a), replayed_.value(b));
    if (type == body::ValueType::kObject) return compare_objects(a, b);
    if (type == body::ValueType::kArray) return compare_arrays(a, b);
    compare_scalars(a, b);
  }

  // What a container has put on the stack since `first` is to be taken off in document order.
  void in_document_order(std::size_t first) {
    std::reverse(tasks_.begin() + static_cast<std::ptrdiff_t>(first), tasks_.end());
  }

  void report(Kind kind, const body::Value& recorded, const body::Value& replayed, std::string_view note = {}) {
    ++differences_;
    sink_.on_difference({kind, path_.location(), path_.path(), recorded, replayed, note});
  }

  void compare_scalars(body::JsonNodeId a, body::JsonNodeId b) {
    const body::Value left = recorded_.value(a);
    const body::Value right = replayed_.value(b);
    if (!is_number(left.type)) {
      if (left.text != right.text) report(Kind::kValue, left, right);
      return;
    }
    const NumberRelation relation = compare_numbers(left.text, right.text);
    if (relation == NumberRelation::kDifferent) report(Kind::kValue, left, right);
    if (relation == NumberRelation::kRepresentation) report(Kind::kRepresentation, left, right);
  }

  void compare_objects(body::JsonNodeId a, body::JsonNodeId b) {
    std::vector<Member> left = members_of(recorded_, a);
    std::vector<Member> right = members_of(replayed_, b);
    const bool in_order = same_names_in_order(left, right);
    if (!in_order) {
      sort_by_name(left);
      sort_by_name(right);
      if (same_names_in_order(left, right)) count_member_order();
    }
    merge(left, right, in_order);
  }

  // Equal subtrees have as many nodes; where these do not come in the same order, members changed locations.
  void note_member_order(body::JsonNodeId a, body::JsonNodeId b) {
    for (const body::JsonNodeId end = recorded_.node(a).next; !member_order_counted_ && a < end; ++a, ++b) {
      if (recorded_hashes_[a] != replayed_hashes_[b]) count_member_order();
    }
  }

  void count_member_order() {
    if (!member_order_counted_) sink_.on_not_compared(NotCompared::kMemberOrder);
    member_order_counted_ = true;
  }

  void merge(const std::vector<Member>& left, const std::vector<Member>& right, bool in_order) {
    const std::size_t first = tasks_.size();
    const body::JsonPath::Mark here = path_.mark();
    auto i = left.begin();
    auto j = right.begin();
    while ((i != left.end() || j != right.end()) && differences_ < kMaxDifferences) {
      const bool both = i != left.end() && j != right.end();
      if (both && (in_order || i->name == j->name)) {
        tasks_.push_back({Step::kMember, i->value, j->value, here, i->name, 0});
        ++i, ++j;
      } else if (j == right.end() || (both && i->name < j->name)) {
        report_member(Kind::kMissing, i->name, recorded_.value(i->value), {});
        ++i;
      } else {
        report_member(Kind::kAdded, j->name, {}, replayed_.value(j->value));
        ++j;
      }
    }
    in_document_order(first);
  }

  void report_member(Kind kind, std::string_view name, const body::Value& recorded, const body::Value& replayed) {
    const body::JsonPath::Mark here = path_.mark();
    path_.enter_member(name);
    report(kind, recorded, replayed);
    path_.return_to(here);
  }

  static std::vector<std::uint64_t> pick(const std::vector<std::uint64_t>& hashes,
                                         const std::vector<body::JsonNodeId>& ids) {
    std::vector<std::uint64_t> picked;
    picked.reserve(ids.size());
    for (const body::JsonNodeId id : ids) picked.push_back(hashes[id]);
    return picked;
  }

  void compare_arrays(body::JsonNodeId a, body::JsonNodeId b) {
    const std::vector<body::JsonNodeId> left = elements_of(recorded_, a);
    const std::vector<body::JsonNodeId> right = elements_of(replayed_, b);
    Alignment alignment = align(pick(recorded_hashes_, left), pick(replayed_hashes_, right));
    if (!alignment.changed.empty()) {
      const std::vector<std::string>* keys =
          rules_.has_arrays() ? rules_.keys_at(path_.location(), path_.path()) : nullptr;
      pair_by_keys({recorded_, left}, {replayed_, right}, keys, alignment);
    }
    const std::size_t first = tasks_.size();
    for (const auto& [i, j] : alignment.changed) {
      tasks_.push_back({Step::kElement, left[i], right[j], path_.mark(), {}, i});
    }
    in_document_order(first);
    if (!alignment.moved.empty()) report_moved(a, b, alignment);
    if (!alignment.removed.empty() && !alignment.inserted.empty()) return report_exchanged(left, right, alignment);
    if (left.size() != right.size()) report_length(left, right, alignment);
  }

  // Elements went and others came: with keys they are not each other's successors.
  void report_exchanged(const std::vector<body::JsonNodeId>& left, const std::vector<body::JsonNodeId>& right,
                        const Alignment& alignment) {
    const body::JsonPath::Mark here = path_.mark();
    path_.enter_element(alignment.removed.front());
    report(Kind::kMissing, recorded_.value(left[alignment.removed.front()]), {},
           std::to_string(alignment.removed.size()) + " elements are gone");
    path_.return_to(here);
    path_.enter_element(alignment.inserted.front());
    report(Kind::kAdded, {}, replayed_.value(right[alignment.inserted.front()]),
           std::to_string(alignment.inserted.size()) + " elements are new");
    path_.return_to(here);
  }

  void report_moved(body::JsonNodeId a, body::JsonNodeId b, const Alignment& alignment) {
    const auto& [from, to] = alignment.moved.front();
    const std::string note = std::to_string(alignment.moved.size()) + " moved, the first from [" +
                             std::to_string(from) + "] to [" + std::to_string(to) + "]";
    report(Kind::kOrder, recorded_.value(a), replayed_.value(b), note);
  }

  // The location is the array, the path the first element that is too many or too few.
  void report_length(const std::vector<body::JsonNodeId>& left, const std::vector<body::JsonNodeId>& right,
                     const Alignment& alignment) {
    const bool shorter = !alignment.removed.empty();
    const std::uint32_t index = shorter ? alignment.removed.front() : alignment.inserted.front();
    const std::string path = std::string(path_.path()) + "[" + std::to_string(index) + "]";
    const std::string before = std::to_string(left.size()) + " elements";
    const std::string after = std::to_string(right.size()) + " elements";
    const std::string_view element = shorter ? recorded_.raw(left[index]) : replayed_.raw(right[index]);
    const std::string note =
        std::string(shorter ? "first removed: " : "first added: ") + std::string(element.substr(0, kMaxNoteBytes));
    sink_.on_difference({Kind::kLength,
                         path_.location(),
                         path,
                         {body::ValueType::kArray, before, before},
                         {body::ValueType::kArray, after, after},
                         note});
  }

  const body::JsonDocument& recorded_;
  const body::JsonDocument& replayed_;
  const std::vector<std::uint64_t> recorded_hashes_;
  const std::vector<std::uint64_t> replayed_hashes_;
  const EndpointRules& rules_;
  DifferenceSink& sink_;
  std::size_t differences_ = 0;
  body::JsonPath path_;
  std::vector<Task> tasks_;
  bool member_order_counted_ = false;
};

}  // namespace

void diff_json(const body::JsonDocument& recorded, const body::JsonDocument& replayed, const EndpointRules& rules,
               DifferenceSink& sink) {
  if (recorded.raw(body::JsonDocument::root()) == replayed.raw(body::JsonDocument::root())) return;
  JsonDiffer(recorded, replayed, rules, sink).run();
}

void diff_json(const body::JsonDocument& recorded, const body::JsonDocument& replayed, DifferenceSink& sink) {
  diff_json(recorded, replayed, EndpointRules{}, sink);
}

}  // namespace tracerec::diff
