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

// Of names of locations that are remembered while they are given numbers. A recording has few, unless JSON uses ids as
// the names of members; a name that was forgotten gets another number, which is as good.
constexpr std::size_t kMostNameBytes = std::size_t{4} << 20;

// Of each, apart from its text: a node of the table, about.
constexpr std::size_t kNodeBytes = 64;

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

namespace {

struct ByProducer {
  Ordinal producer = 0;
  LocationId location = 0;
  std::uint32_t text_hash = 0;

  friend auto operator<=>(const ByProducer&, const ByProducer&) = default;
};

}  // namespace

Result<void> Correlation::sort_produced() {
  ScratchSort<ByProducer> sort;
  for (std::size_t i = 0; i < edges_.rows(); ++i) {
    const Edge& edge = edges_.row(i);
    sort.add({edge.producer, edge.produced_at, edge.text_hash});
  }
  Produced last;
  const auto take_last = [&] {
    if (last.uses > 0) produced_.add(last.producer, last);
  };
  const Result<void> sorted = sort.take_all([&](const ByProducer& one) {
    if (last.uses > 0 && one == ByProducer{last.producer, last.location, last.text_hash}) {
      ++last.uses;
      return;
    }
    take_last();
    last = {one.producer, one.location, one.text_hash, 1};
  });
  take_last();
  if (!sorted) return sorted;
  return produced_.finish(exchange_count());
}

std::size_t Correlation::index_of(const Edge& edge) const {
  const auto produced = produced_by(edge.producer);
  const auto key = std::tuple(edge.produced_at, edge.text_hash);
  const auto found = std::lower_bound(produced.begin(), produced.end(), key, [](const Produced& a, const auto& wanted) {
    return std::tuple(a.location, a.text_hash) < wanted;
  });
  return first_produced_by(edge.producer) + static_cast<std::size_t>(found - produced.begin());
}

std::string_view Correlation::location(LocationId id) const {
  const auto text = locations_.of(id);
  return {text.data(), text.size()};
}

struct ValueFinder::Impl {
  Impl(schema::RowId first, schema::RowId last, std::vector<std::string> ignored, std::size_t most_values)
      : first_id(first),
        count(static_cast<std::uint64_t>(last - first) + 1),
        ignored_headers(std::move(ignored)),
        asked_for(count),
        index(most_values) {
    found.first_id_ = first;
  }

  bool is_ignored(const Value& value) const {
    const Value& at = value.whole != nullptr ? *value.whole : value;
    const std::string_view name = at.kind == LocationKind::kCookie ? "Cookie" : at.name;
    if (at.kind != LocationKind::kHeader && at.kind != LocationKind::kCookie) return false;
    return std::any_of(ignored_headers.begin(), ignored_headers.end(),
                       [&](const std::string& one) { return equals_ignoring_case(one, name); });
  }

  LocationId intern(const Value& value) {
    std::string name = value.location();
    if (const auto known = location_ids.find(name); known != location_ids.end()) return known->second;
    if (name_bytes > kMostNameBytes) location_ids.clear();
    if (location_ids.empty()) name_bytes = 0;
    name_bytes += name.size() + kNodeBytes;
    found.locations_.add(locations, std::span<const char>(name));
    location_ids.emplace(std::move(name), locations);
    return locations++;
  }

  static std::uint64_t thing_of_name(const Value& value) {
    return hash_of(thing_of(value.name), value.kind == LocationKind::kCookie);
  }

  static bool had_ended(const Source& source, const RecordedExchange& exchange) {
    return source.ended_ns <= exchange.started_ns + kStampNs && source.started_ns < exchange.started_ns;
  }

  // The source that had ended when the request started: one of the same name if there is one, else the newest.
  static const Source* best_source(const ValueEntry& entry, const RecordedExchange& exchange, const Value& value) {
    const std::uint64_t thing = thing_of_name(value);
    const Source* best = nullptr;
    for (const Source& source : entry.sources) {
      if (source.exchange == Source::kNone || !had_ended(source, exchange)) continue;
      const bool same_name = source.thing == thing && !value.name.empty();
      if (same_name) return &source;
      if (best == nullptr) best = &source;
    }
    return best;
  }

  void ask(const RecordedExchange& exchange, Ordinal ordinal, const Value& value, std::string_view path) {
    if (is_ignored(value)) return;
    const Keys keys = keys_of_request(value, path);
    for (const std::uint64_t key : keys) {
      ValueEntry* entry = index.find(key);
      const Source* source = entry == nullptr ? nullptr : best_source(*entry, exchange, value);
      if (source == nullptr) continue;
      entry->sent = true;
      return add_edge(*source, ordinal, value);
    }
    for (const std::uint64_t key : keys) {
      if (index.find(key) == nullptr) index.insert(key).sent = true;
    }
  }

  void add_edge(const Source& source, Ordinal consumer, const Value& value) {
    const auto text_hash = static_cast<std::uint32_t>(hash_of(value.text));
    found.edges_.add(consumer, Edge{source.exchange, source.location, intern(value), text_hash});
  }

  void offer(const RecordedExchange& exchange, Ordinal ordinal, const Value& value, std::string_view path) {
    Source source;
    for (const std::uint64_t key : keys_of_response(value, exchange, path)) {
      if (!asked_for.may_have(key)) continue;
      ValueEntry* entry = index.find(key);
      if (entry != nullptr && entry->sent) continue;  // an echo
      if (source.exchange == Source::kNone) {
        source = {ordinal, intern(value), exchange.started_ns, exchange.ended_ns, thing_of_name(value)};
      }
      (entry != nullptr ? *entry : index.insert(key)).add(source);
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
  Correlation found;
  std::unordered_map<std::string, LocationId> location_ids;
  std::size_t name_bytes = 0;
  LocationId locations = 0;
  std::vector<std::uint64_t> sessions;
};

ValueFinder::ValueFinder(schema::RowId first_id, schema::RowId last_id, std::vector<std::string> ignored_headers,
                         std::size_t most_values)
    : impl_(std::make_unique<Impl>(first_id, last_id, std::move(ignored_headers), most_values)) {}
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
  const std::string_view path = path_of(exchange.target);
  Each request([&](const Value& value) {
    at.note_session(value);
    at.ask(exchange, ordinal, value, path);
  });
  for_each_request_value(exchange.request_head, exchange.request_content, request);
  if (exchange.ended_ns < 0) return at.sessions;
  Each response([&](const Value& value) { at.offer(exchange, ordinal, value, path); });
  for_each_response_value(exchange.response_head, exchange.response_content, response);
  return at.sessions;
}

bool ValueFinder::failed() const {
  return impl_->found.edges_.failed() || impl_->found.locations_.failed();
}

Result<Correlation> ValueFinder::finish() {
  Impl& at = *impl_;
  at.index = ValueIndex(0);
  at.asked_for = HashFilter(0);
  at.location_ids = {};
  Result<void> done = at.found.edges_.finish(at.count);
  if (done) done = at.found.locations_.finish(at.locations);
  if (done) done = at.found.sort_produced();
  if (!done) return done.error();
  return std::move(at.found);
}

}  // namespace tracerec::replay
