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

// What the comparison of a document shares with those of the documents in its strings.
struct Comparison {
  const EndpointRules& rules;
  DifferenceSink& sink;
  body::JsonPath path = {};
  std::size_t differences = 0;
  bool member_order_counted = false;
  bool budget_counted = false;
};

class JsonDiffer {
 public:
  JsonDiffer(const body::JsonDocument& recorded, const body::JsonDocument& replayed, Comparison& comparison, int depth)
      : recorded_(recorded),
        replayed_(replayed),
        recorded_hashes_(hash_nodes(recorded)),
        replayed_hashes_(hash_nodes(replayed)),
        comparison_(comparison),
        rules_(comparison.rules),
        sink_(comparison.sink),
        path_(comparison.path),
        depth_(depth) {}

  void run() {
    tasks_.push_back(Task{.parent = path_.mark()});
    while (!tasks_.empty()) {
      if (comparison_.differences >= kMaxDifferences) return count_budget();
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

  void count_budget() {
    if (!comparison_.budget_counted) sink_.on_not_compared(NotCompared::kBudget);
    comparison_.budget_counted = true;
  }

  void report(Kind kind, const body::Value& recorded, const body::Value& replayed, std::string_view note = {}) {
    ++comparison_.differences;
    sink_.on_difference({kind, path_.location(), path_.path(), recorded, replayed, note});
  }

  void compare_scalars(body::JsonNodeId a, body::JsonNodeId b) {
    const body::Value left = recorded_.value(a);
    const body::Value right = replayed_.value(b);
    if (!is_number(left.type)) {
      if (left.text != right.text && !compare_embedded(left, right)) report(Kind::kValue, left, right);
      return;
    }
    const NumberRelation relation = compare_numbers(left.text, right.text);
    if (relation == NumberRelation::kDifferent) report(Kind::kValue, left, right);
    if (relation == NumberRelation::kRepresentation) report(Kind::kRepresentation, left, right);
  }

  // False when they are not two strings with documents in them.
  bool compare_embedded(const body::Value& left, const body::Value& right) {
    if (left.type != body::ValueType::kString || depth_ >= kMaxEmbeddedDepth) return false;
    const auto before = embedded_json(left.text);
    const auto after = before ? embedded_json(right.text) : std::nullopt;
    if (!before || !after || rules_.wants_whole_value(path_.location(), path_.path())) return false;
    const body::JsonPath::Mark here = path_.mark();
    const std::size_t found = comparison_.differences;
    path_.enter_json();
    JsonDiffer(*before, *after, comparison_, depth_ + 1).run();
    path_.return_to(here);
    if (comparison_.differences == found) sink_.on_not_compared(NotCompared::kSpelling);
    return true;
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
    for (const body::JsonNodeId end = recorded_.node(a).next; !comparison_.member_order_counted && a < end; ++a, ++b) {
      if (recorded_hashes_[a] != replayed_hashes_[b]) count_member_order();
    }
  }

  void count_member_order() {
    if (!comparison_.member_order_counted) sink_.on_not_compared(NotCompared::kMemberOrder);
    comparison_.member_order_counted = true;
  }

  void merge(const std::vector<Member>& left, const std::vector<Member>& right, bool in_order) {
    const std::size_t first = tasks_.size();
    const body::JsonPath::Mark here = path_.mark();
    auto i = left.begin();
    auto j = right.begin();
    while ((i != left.end() || j != right.end()) && comparison_.differences < kMaxDifferences) {
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
    const std::uint32_t gone = telling_index(alignment.removed);
    path_.enter_element(gone);
    report(Kind::kMissing, recorded_.value(left[gone]), {},
           std::to_string(alignment.removed.size()) + " elements are gone");
    path_.return_to(here);
    const std::uint32_t came = telling_index(alignment.inserted);
    path_.enter_element(came);
    report(Kind::kAdded, {}, replayed_.value(right[came]),
           std::to_string(alignment.inserted.size()) + " elements are new");
    path_.return_to(here);
  }

  // One of several elements speaks for all: not one that a rule ignores by its index, as long as there is another.
  std::uint32_t telling_index(const std::vector<std::uint32_t>& indices) {
    const auto counts = [&](std::uint32_t index) {
      const body::JsonPath::Mark here = path_.mark();
      path_.enter_element(index);
      const bool ignored = rules_.is_ignored(path_.location(), path_.path());
      path_.return_to(here);
      return !ignored;
    };
    const auto at = rules_.has_indices() ? std::find_if(indices.begin(), indices.end(), counts) : indices.begin();
    return at == indices.end() ? indices.front() : *at;
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
    ++comparison_.differences;
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
  Comparison& comparison_;
  const EndpointRules& rules_;
  DifferenceSink& sink_;
  body::JsonPath& path_;
  const int depth_;
  std::vector<Task> tasks_;
};

}  // namespace

std::optional<body::JsonDocument> embedded_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return std::nullopt;
  auto document = body::JsonDocument::parse(text);
  return document ? std::optional(std::move(*document)) : std::nullopt;
}

void diff_json(const body::JsonDocument& recorded, const body::JsonDocument& replayed, const EndpointRules& rules,
               DifferenceSink& sink) {
  if (recorded.raw(body::JsonDocument::root()) == replayed.raw(body::JsonDocument::root())) return;
  Comparison comparison{rules, sink};
  JsonDiffer(recorded, replayed, comparison, 0).run();
}

void diff_json(const body::JsonDocument& recorded, const body::JsonDocument& replayed, DifferenceSink& sink) {
  diff_json(recorded, replayed, EndpointRules{}, sink);
}

}  // namespace tracerec::diff
