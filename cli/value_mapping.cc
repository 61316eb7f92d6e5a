#include "cli/value_mapping.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "http/message.h"
#include "replay/correlate.h"
#include "replay/values.h"

namespace tracerec::cli {
namespace {

template <class Visit>
class Each final : public replay::ValueSink {
 public:
  explicit Each(Visit visit) : visit_(std::move(visit)) {}
  void on_value(const replay::Value& value) override { visit_(value); }

 private:
  Visit visit_;
};

using Texts = std::unordered_map<std::string, std::string>;  // by location; the first of a name

// The values of a response. Nothing when its body cannot be had or decoded.
Texts texts_of(const std::string& head, const std::string& wire_body) {
  Texts texts;
  std::string buffer;
  const auto content = replay::content_of(head, wire_body, false, buffer);
  Each sink([&](const replay::Value& value) { texts.try_emplace(value.location(), value.text); });
  replay::for_each_response_value(head, content ? *content : std::string_view{}, sink);
  return texts;
}

std::uint64_t pair_hash(std::string_view recorded, std::string_view replayed) {
  return replay::hash_of(replayed, replay::hash_of(recorded));
}

bool has(const std::vector<std::uint64_t>& sorted, std::uint64_t hash) {
  return std::binary_search(sorted.begin(), sorted.end(), hash);
}

void make_set(std::vector<std::uint64_t>& hashes) {
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
}

bool may_be_mapped(const replay::Value& value) {
  if (replay::strength_of(value.text) != replay::Strength::kWeak) return true;
  return value.place != replay::Place::kJson || replay::is_id_like(value.name);
}

Result<std::string> body_of(schema::Reader& bodies, const schema::StoredBody& body) {
  if (!body.whole() || body.captured_bytes > replay::kMaxContentBytes) return std::string();
  return bodies.load_body(body, replay::kMaxContentBytes);
}

}  // namespace

Result<ValueMapping> ValueMapping::load(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run) {
  ValueMapping mapping;
  Result<void> outcome;
  schema::RowId producer = 0;
  std::vector<std::string> locations;
  const auto finish = [&] {
    if (!locations.empty()) outcome = mapping.add_source(bodies, run, producer, locations);
    locations.clear();
  };
  const auto visited = rows.for_each_source(run.id, [&](schema::RowId exchange_id, std::string_view location) {
    if (exchange_id != producer) finish();
    producer = exchange_id;
    locations.emplace_back(location);
    return outcome.has_value();
  });
  if (!visited) return visited.error();
  if (outcome) finish();
  if (!outcome) return outcome.error();
  make_set(mapping.recorded_);
  make_set(mapping.pairs_);
  return mapping;
}

Result<void> ValueMapping::add_source(schema::Reader& bodies, const schema::Run& run, schema::RowId exchange_id,
                                      const std::vector<std::string>& locations) {
  const auto exchange = bodies.exchange(exchange_id);
  if (!exchange) return exchange.error();
  const auto answer = bodies.answer(run.id, exchange_id);
  if (!answer) return answer.error();
  if (!*exchange || !*answer || !(*answer)->failure.empty()) return {};
  const auto recorded_body = body_of(bodies, (*exchange)->response_body);
  if (!recorded_body) return recorded_body.error();
  const auto replayed_body = body_of(bodies, (*answer)->response_body);
  if (!replayed_body) return replayed_body.error();
  const Texts recorded = texts_of((*exchange)->response_head, *recorded_body);
  const Texts replayed = texts_of((*answer)->response_head, *replayed_body);
  for (const std::string& location : locations) {
    const auto before = recorded.find(location);
    const auto after = replayed.find(location);
    if (before == recorded.end() || after == replayed.end() || before->second == after->second) continue;
    recorded_.push_back(replay::hash_of(before->second));
    pairs_.push_back(pair_hash(before->second, after->second));
  }
  return {};
}

void ValueMapping::apply(const schema::StoredExchange& exchange, const schema::StoredAnswer& answer,
                         diff::Message& recorded, const diff::Message& replayed) const {
  if (pairs_.empty() || !recorded.body_whole || !replayed.body_whole) return;
  std::string buffer;
  const auto decoded = replay::content_of(exchange.response_head, recorded.body, false, buffer);
  const std::string_view content = decoded ? *decoded : std::string_view{};
  Texts after;
  std::vector<replay::Replacement> replacements;
  Each sink([&](const replay::Value& value) {
    if (!has(recorded_, replay::hash_of(value.text)) || value.begin == value.end || !may_be_mapped(value)) return;
    if (after.empty()) after = texts_of(answer.response_head, replayed.body);
    const auto found = after.find(value.location());
    if (found == after.end() || !has(pairs_, pair_hash(value.text, found->second))) return;
    replay::Replacement one{value.in_head, value.begin, value.end, {}};
    replay::append_encoded(one.bytes, found->second, value.coding);
    replacements.push_back(std::move(one));
  });
  replay::for_each_response_value(exchange.response_head, content, sink);
  if (replacements.empty()) return;
  std::stable_sort(replacements.begin(), replacements.end(),
                   [](const auto& a, const auto& b) { return a.begin < b.begin; });
  if (auto head = http::parse_response_head(replay::spliced(exchange.response_head, replacements, true))) {
    recorded.headers = std::move(head->headers);
  }
  if (content.empty()) return;
  recorded.body = replay::spliced(content, replacements, false);
  recorded.body_is_content = true;
}

}  // namespace tracerec::cli
