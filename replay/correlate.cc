#include "replay/correlate.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

#include "base/text.h"
#include "replay/value_index.h"
#include "replay/values.h"

// How this works. A value is looked for under keys. A strong one has its text as the key: it is the same wherever it
// stands. A weak one (17) is only looked for together with a thing that it names: the collection in front of a path
// segment, the name of its field, the resource that a write answered for. A request asks for the keys of its values;
// those that are known give an edge, the others are marked as sent by the client, so that a later response which holds
// them is an echo and no source. Then the response adds its own. Keys that no request will ever ask for are left out:
// the first pass put all that are asked for into a filter.
//
// An exchange is added when it had ended, so that each one finds all that had ended before it started.
// Tests: tests/replay/correlate_test.cc.

namespace tracerec::replay {
namespace {

constexpr std::size_t kShortestCookie = 6;  // theme=dark is the same everywhere

// An end is stamped when the server's call returns; by then a client on the same machine may have sent what comes next.
constexpr std::int64_t kStampNs = 1'000'000;

// A few keys of one value; never more.
class Keys {
 public:
  void add(std::uint64_t key) {
    if (count_ < keys_.size()) keys_[count_++] = key == 0 ? 1 : key;
  }
  void add(std::string_view text, std::string_view kind, std::string_view thing) {
    add(hash_of(text, hash_of(thing, hash_of(kind))));
  }
  [[nodiscard]] const std::uint64_t* begin() const { return keys_.data(); }
  [[nodiscard]] const std::uint64_t* end() const { return keys_.data() + count_; }

 private:
  std::array<std::uint64_t, 4> keys_{};
  std::size_t count_ = 0;
};

// {"data": {"id": 17}} is about the resource, not about a "data".
bool is_wrapper(std::string_view name) {
  constexpr std::array<std::string_view, 8> kWrappers = {"data",  "result",  "results",  "item",
                                                         "items", "payload", "response", "attributes"};
  return std::find(kWrappers.begin(), kWrappers.end(), name) != kWrappers.end();
}

std::string_view last_segment(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// "/users/5/orders" → "order", "/orders/17" → "order".
std::string resource_of(std::string_view path) {
  while (!path.empty()) {
    const std::string_view segment = last_segment(path);
    if (!segment.empty() && strength_of(segment) == Strength::kNone) return thing_of(segment);
    const std::size_t slash = path.rfind('/');
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  }
  return {};
}

bool is_entity_tag(const Value& value) {
  return value.kind == LocationKind::kHeader && value.whole == nullptr &&
         (equals_ignoring_case(value.name, "etag") || equals_ignoring_case(value.name, "if-match") ||
          equals_ignoring_case(value.name, "if-none-match") || equals_ignoring_case(value.name, "if-range"));
}

bool is_time_of_change(const Value& value) {
  return value.kind == LocationKind::kHeader && value.whole == nullptr && is_modification_time(value.name) &&
         value.text.find(' ') != std::string_view::npos;
}

// What a named weak value is about, or "".
std::string thing_named(const Value& value, std::string_view path) {
  std::string thing = thing_of(value.name);
  if (thing.empty() && value.kind == LocationKind::kJson && !value.parent.empty() && !is_wrapper(value.parent)) {
    thing = thing_of(value.parent);
  }
  return thing.empty() ? resource_of(path) : thing;
}

void add_strong_keys(const Value& value, Strength strength, Keys& keys) {
  if (value.kind == LocationKind::kCookie && value.text.size() >= kShortestCookie)
    keys.add(value.text, "cookie", value.name);
  if (strength == Strength::kStrong) keys.add(hash_of(value.text));
}

// The keys under which a value of a request is looked for, the best first.
Keys keys_of_request(const Value& value, std::string_view path) {
  Keys keys;
  const Strength strength = strength_of(value.text);
  if (is_time_of_change(value)) keys.add(value.text, "modified", path);
  add_strong_keys(value, strength, keys);
  if (strength != Strength::kWeak || value.kind == LocationKind::kCookie) return keys;
  if (is_entity_tag(value)) {
    keys.add(value.text, "tag", path);
  } else if (value.kind == LocationKind::kPathSegment) {
    keys.add(value.text, "below", value.path_before);
    keys.add(value.text, "field", thing_of(last_segment(value.path_before)));
  } else {
    const std::string thing = thing_named(value, path);
    keys.add(value.text, "field", thing);
    keys.add(value.text, "resource", thing);
  }
  return keys;
}

void add_weak_json_keys(const Value& value, std::string_view path, Keys& keys) {
  if (!is_id_like(value.name)) return;
  const bool generic = thing_of(value.name).empty() && (value.parent.empty() || is_wrapper(value.parent));
  const std::string thing = thing_named(value, path);
  const std::string resource = resource_of(path);
  if (generic || thing == resource) {
    keys.add(value.text, "below", path);
    keys.add(value.text, "resource", resource);
  }
  if (!generic) keys.add(value.text, "field", thing);
}

// The keys under which a value of a response can be found.
Keys keys_of_response(const Value& value, const RecordedExchange& exchange, std::string_view path) {
  Keys keys;
  const Strength strength = strength_of(value.text);
  if (is_time_of_change(value) && exchange.status / 100 <= 3) keys.add(value.text, "modified", path);
  add_strong_keys(value, strength, keys);
  if (strength != Strength::kWeak || value.kind == LocationKind::kCookie || exchange.status / 100 > 3) return keys;
  const bool location = value.whole != nullptr && equals_ignoring_case(value.whole->name, "location");
  if (is_entity_tag(value)) {
    keys.add(value.text, "tag", path);
  } else if (value.kind == LocationKind::kPathSegment && location) {
    keys.add(value.text, "below", value.path_before);
    keys.add(value.text, "resource", thing_of(last_segment(value.path_before)));
  } else if (!is_write(exchange.method) || exchange.status / 100 != 2) {
    return keys;
  } else if (value.kind == LocationKind::kJson) {
    add_weak_json_keys(value, path, keys);
  } else if (value.kind == LocationKind::kBody) {
    keys.add(value.text, "below", path);
  }
  return keys;
}

template <class Visit>
class Each final : public ValueSink {
 public:
  explicit Each(Visit visit) : visit_(std::move(visit)) {}
  void on_value(const Value& value) override { visit_(value); }

 private:
  Visit visit_;
};

}  // namespace

bool is_write(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS" && method != "TRACE";
}

Correlation::Correlation(schema::RowId first_id, std::vector<std::uint32_t> edge_begin, std::vector<Edge> edges,
                         std::vector<std::string> locations)
    : first_id_(first_id),
      edge_begin_(std::move(edge_begin)),
      edges_(std::move(edges)),
      locations_(std::move(locations)) {
  produced_.reserve(edges_.size());
  for (const Edge& edge : edges_) produced_.push_back({edge.producer, edge.produced_at, edge.text_hash, 1});
  std::sort(produced_.begin(), produced_.end(), [](const Produced& a, const Produced& b) {
    return std::tie(a.producer, a.location, a.text_hash) < std::tie(b.producer, b.location, b.text_hash);
  });
  std::size_t kept = 0;
  for (const Produced& one : produced_) {
    Produced* last = kept > 0 ? &produced_[kept - 1] : nullptr;
    if (last != nullptr && last->producer == one.producer && last->location == one.location &&
        last->text_hash == one.text_hash) {
      ++last->uses;
    } else {
      produced_[kept++] = one;
    }
  }
  produced_.resize(kept);
  produced_.shrink_to_fit();
}

std::span<const Edge> Correlation::edges_of(Ordinal consumer) const {
  if (consumer + std::size_t{1} >= edge_begin_.size()) return {};
  return std::span(edges_).subspan(edge_begin_[consumer], edge_begin_[consumer + 1] - edge_begin_[consumer]);
}

std::span<const Produced> Correlation::produced_by(Ordinal producer) const {
  const auto [first, last] =
      std::equal_range(produced_.begin(), produced_.end(), Produced{producer, 0, 0, 0},
                       [](const Produced& a, const Produced& b) { return a.producer < b.producer; });
  return {first, last};
}

std::size_t Correlation::index_of(const Edge& edge) const {
  const auto key = std::tuple(edge.producer, edge.produced_at, edge.text_hash);
  const auto found = std::lower_bound(
      produced_.begin(), produced_.end(), key,
      [](const Produced& a, const auto& wanted) { return std::tuple(a.producer, a.location, a.text_hash) < wanted; });
  return static_cast<std::size_t>(found - produced_.begin());
}

struct ValueFinder::Impl {
  Impl(schema::RowId first, schema::RowId last, std::vector<std::string> ignored)
      : first_id(first),
        count(static_cast<std::uint64_t>(last - first) + 1),
        ignored_headers(std::move(ignored)),
        asked_for(count),
        ended_ns(count, INT64_MAX),
        started_ns(count, INT64_MAX) {
    edge_begin.reserve(count + 1);
    // Growing would need half as much again for a moment; pages that are never written cost nothing.
    edges.reserve(count * 4);
  }

  bool is_ignored(const Value& value) const {
    const Value& at = value.whole != nullptr ? *value.whole : value;
    const std::string_view name = at.kind == LocationKind::kCookie ? "Cookie" : at.name;
    if (at.kind != LocationKind::kHeader && at.kind != LocationKind::kCookie) return false;
    return std::any_of(ignored_headers.begin(), ignored_headers.end(),
                       [&](const std::string& one) { return equals_ignoring_case(one, name); });
  }

  LocationId intern(const Value& value) {
    const auto [entry, added] = location_ids.try_emplace(value.location(), static_cast<LocationId>(locations.size()));
    if (added) {
      locations.push_back(entry->first);
      location_things.push_back(hash_of(thing_of(value.name), value.kind == LocationKind::kCookie));
    }
    return entry->second;
  }

  bool had_ended(Ordinal source, const RecordedExchange& exchange) const {
    return ended_ns[source] <= exchange.started_ns + kStampNs && started_ns[source] < exchange.started_ns;
  }

  // The source that had ended when the request started: one of the same name if there is one, else the newest.
  const Source* best_source(const ValueEntry& entry, const RecordedExchange& exchange, const Value& value) const {
    const std::uint64_t thing = hash_of(thing_of(value.name), value.kind == LocationKind::kCookie);
    const Source* best = nullptr;
    for (const Source& source : entry.sources) {
      if (source.exchange == ValueEntry::kNone || !had_ended(source.exchange, exchange)) continue;
      const bool same_name = location_things[source.location] == thing && !value.name.empty();
      if (same_name) return &source;
      if (best == nullptr) best = &source;
    }
    return best;
  }

  void ask(const RecordedExchange& exchange, const Value& value, std::string_view path) {
    if (is_ignored(value)) return;
    const Keys keys = keys_of_request(value, path);
    for (const std::uint64_t key : keys) {
      ValueEntry* entry = index.find(key);
      const Source* source = entry == nullptr ? nullptr : best_source(*entry, exchange, value);
      if (source == nullptr) continue;
      entry->sent = true;
      return add_edge(*source, value);
    }
    for (const std::uint64_t key : keys) {
      if (index.find(key) == nullptr) index.insert(key).sent = true;
    }
  }

  void add_edge(Source source, const Value& value) {
    edges.push_back({source.exchange, source.location, intern(value), static_cast<std::uint32_t>(hash_of(value.text))});
  }

  void offer(const RecordedExchange& exchange, Ordinal ordinal, const Value& value, std::string_view path) {
    LocationId location = ValueEntry::kNone;
    for (const std::uint64_t key : keys_of_response(value, exchange, path)) {
      if (!asked_for.may_have(key)) continue;
      ValueEntry* entry = index.find(key);
      if (entry != nullptr && entry->sent) continue;  // an echo
      if (location == ValueEntry::kNone) location = intern(value);
      (entry != nullptr ? *entry : index.insert(key)).add({ordinal, location});
    }
  }

  void note_session(const Value& value) {
    const bool authorization = value.kind == LocationKind::kHeader && equals_ignoring_case(value.name, "authorization");
    const bool cookie = value.kind == LocationKind::kCookie && strength_of(value.text) == Strength::kStrong;
    if (authorization || cookie) sessions.push_back(hash_of(value.text, hash_of(value.name)));
  }

  schema::RowId first_id;
  std::uint64_t count;
  std::vector<std::string> ignored_headers;
  HashFilter asked_for;
  ValueIndex index;
  std::vector<std::int64_t> ended_ns;
  std::vector<std::int64_t> started_ns;
  std::vector<std::uint32_t> edge_begin;
  std::vector<Edge> edges;
  std::unordered_map<std::string, LocationId> location_ids;
  std::vector<std::string> locations;
  std::vector<std::uint64_t> location_things;  // hash of the thing that the name of each is about
  std::vector<std::uint64_t> sessions;
};

ValueFinder::ValueFinder(schema::RowId first_id, schema::RowId last_id, std::vector<std::string> ignored_headers)
    : impl_(std::make_unique<Impl>(first_id, last_id, std::move(ignored_headers))) {}
ValueFinder::~ValueFinder() = default;

void ValueFinder::note_request(std::string_view, std::string_view target, std::string_view head,
                               std::string_view content) {
  const std::string_view path = path_of(target);
  Each sink([&](const Value& value) {
    for (const std::uint64_t key : keys_of_request(value, path)) impl_->asked_for.add(key);
  });
  for_each_request_value(head, content, sink);
}

const std::vector<std::uint64_t>& ValueFinder::add(const RecordedExchange& exchange) {
  Impl& at = *impl_;
  const auto ordinal = static_cast<Ordinal>(exchange.id - at.first_id);
  at.sessions.clear();
  while (at.edge_begin.size() <= ordinal) at.edge_begin.push_back(static_cast<std::uint32_t>(at.edges.size()));
  const std::string_view path = path_of(exchange.target);
  Each request([&](const Value& value) {
    at.note_session(value);
    at.ask(exchange, value, path);
  });
  for_each_request_value(exchange.request_head, exchange.request_content, request);
  if (exchange.ended_ns < 0) return at.sessions;
  at.ended_ns[ordinal] = exchange.ended_ns;
  at.started_ns[ordinal] = exchange.started_ns;
  Each response([&](const Value& value) { at.offer(exchange, ordinal, value, path); });
  for_each_response_value(exchange.response_head, exchange.response_content, response);
  return at.sessions;
}

Correlation ValueFinder::finish() {
  Impl& at = *impl_;
  at.index = ValueIndex();
  at.asked_for = HashFilter(0);
  at.ended_ns = {};
  at.started_ns = {};
  while (at.edge_begin.size() <= at.count) at.edge_begin.push_back(static_cast<std::uint32_t>(at.edges.size()));
  return {at.first_id, std::move(at.edge_begin), std::move(at.edges), std::move(at.locations)};
}

}  // namespace tracerec::replay
