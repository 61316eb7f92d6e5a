#include "evaluate/value_mapping.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "diff/trailers.h"
#include "gate/generated_values.h"
#include "http/message.h"
#include "replay/correlate.h"
#include "replay/values.h"

namespace tracerec::evaluate {
namespace {

template <class Visit>
class Each final : public replay::ValueSink {
 public:
  explicit Each(Visit visit) : visit_(std::move(visit)) {}
  void on_value(const replay::Value& value) override { visit_(value); }

 private:
  Visit visit_;
};

using Texts = std::unordered_map<std::string, std::string>;  // by location; the first of a name, of cookies the last

// The values of a response. Nothing when its body cannot be had or decoded.
Texts texts_of(const std::string& head, const std::string& wire_body) {
  Texts texts;
  std::string buffer;
  const auto content = replay::content_of(head, wire_body, false, buffer);
  Each sink([&](const replay::Value& value) {
    if (replay::replaces_earlier(value)) {
      texts.insert_or_assign(value.location(), value.text);
    } else {
      texts.try_emplace(value.location(), value.text);
    }
  });
  replay::for_each_response_value(head, content ? *content : std::string_view{}, sink);
  return texts;
}

std::uint64_t pair_hash(std::string_view recorded, std::string_view replayed) {
  return replay::hash_of(replayed, replay::hash_of(recorded));
}

// The value is an id as a program makes it, and stands where ids stand.
bool is_made_id(const replay::Value& value) {
  const bool in_location = value.whole != nullptr && (equals_ignoring_case(value.whole->name, "location") ||
                                                      equals_ignoring_case(value.whole->name, "content-location"));
  if (!in_location && (value.kind != replay::LocationKind::kJson || !gate::names_an_id(value.name))) return false;
  const auto spans = gate::generated_spans(value.text);
  return spans.size() == 1 && spans[0].kind == gate::GeneratedSpan::Kind::kId && spans[0].begin == 0 &&
         spans[0].end == value.text.size();
}

bool may_be_mapped(const replay::Value& value) {
  if (replay::strength_of(value.text) != replay::Strength::kWeak) return true;
  return value.kind != replay::LocationKind::kJson || replay::is_id_like(value.name);
}

Result<std::string> body_of(schema::Reader& bodies, const schema::StoredBody& body) {
  if (!body.whole() || body.captured_bytes > replay::kMaxContentBytes) return std::string();
  return bodies.load_body(body, replay::kMaxContentBytes);
}

}  // namespace

Result<ValueMapping> ValueMapping::load(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run,
                                        schema::RowId against) {
  ValueMapping mapping;
  Result<void> outcome;
  Source source;
  const auto finish = [&] {
    if (!source.locations.empty()) outcome = mapping.add_source(bodies, run, against, source);
    source.locations.clear();
  };
  const auto visited = rows.for_each_source(run.id, [&](schema::RowId exchange_id, std::string_view location) {
    if (exchange_id != source.exchange_id) finish();
    source.exchange_id = exchange_id;
    source.locations.emplace_back(location);
    return outcome.has_value();
  });
  if (!visited) return visited.error();
  if (outcome) finish();
  if (!outcome) return outcome.error();
  return mapping;
}

namespace {

// Its values; nullopt when there is no response.
Result<std::optional<Texts>> texts_of_response(schema::Reader& bodies, schema::RowId run_id,
                                               schema::RowId exchange_id) {
  const auto response = bodies.response(run_id, exchange_id);
  if (!response) return response.error();
  if (!*response || !(*response)->failure.empty()) return std::optional<Texts>();
  const auto body = body_of(bodies, (*response)->response_body);
  if (!body) return body.error();
  return std::optional(texts_of((*response)->response_head, *body));
}

Result<std::optional<Texts>> texts_of_recorded(schema::Reader& bodies, schema::RowId exchange_id) {
  const auto exchange = bodies.exchange(exchange_id);
  if (!exchange) return exchange.error();
  if (!*exchange) return std::optional<Texts>();
  const auto body = body_of(bodies, (*exchange)->response_body);
  if (!body) return body.error();
  return std::optional(texts_of((*exchange)->response_head, *body));
}

}  // namespace

Result<void> ValueMapping::add_source(schema::Reader& bodies, const schema::Run& run, schema::RowId against,
                                      const Source& source) {
  const auto recorded = against == 0 ? texts_of_recorded(bodies, source.exchange_id)
                                     : texts_of_response(bodies, against, source.exchange_id);
  if (!recorded) return recorded.error();
  const auto replayed = texts_of_response(bodies, run.id, source.exchange_id);
  if (!replayed) return replayed.error();
  if (!*recorded || !*replayed) return {};
  for (const std::string& location : source.locations) {
    const auto before = (*recorded)->find(location);
    const auto after = (*replayed)->find(location);
    if (before == (*recorded)->end() || after == (*replayed)->end() || before->second == after->second) continue;
    add(before->second, after->second);
  }
  return {};
}

void ValueMapping::add(const std::string& before, const std::string& after) {
  recorded_.insert(replay::hash_of(before));
  pairs_.insert(pair_hash(before, after));
}

void ValueMapping::learn_made_ids(const std::string& recorded_head, const std::string& replayed_head,
                                  const diff::Message& recorded, const diff::Message& replayed) {
  if (!recorded.body_whole || !replayed.body_whole || recorded.body == replayed.body) return;
  Texts made;
  std::string buffer;
  const auto content = replay::content_of(recorded_head, recorded.body, false, buffer);
  Each sink([&](const replay::Value& value) {
    if (is_made_id(value)) made.try_emplace(value.location(), value.text);
  });
  replay::for_each_response_value(recorded_head, content ? *content : std::string_view{}, sink);
  if (made.empty()) return;
  const Texts after = texts_of(replayed_head, replayed.body);
  for (const auto& [location, text] : made) {
    const auto now = after.find(location);
    const bool is_new = now != after.end() && now->second != text && now->second.size() == text.size() &&
                        gate::generated_spans(now->second).size() == 1;
    if (is_new && made_ < kMaxMade) {
      ++made_;
      add(text, now->second);
    }
  }
}

void ValueMapping::apply(const std::string& recorded_head, const std::string& replayed_head, diff::Message& recorded,
                         const diff::Message& replayed) const {
  if (pairs_.empty() || !recorded.body_whole || !replayed.body_whole) return;
  std::string buffer;
  const auto decoded = replay::content_of(recorded_head, recorded.body, false, buffer);
  const std::string_view content = decoded ? *decoded : std::string_view{};
  Texts after;
  std::vector<replay::Replacement> replacements;
  Each sink([&](const replay::Value& value) {
    if (!recorded_.contains(replay::hash_of(value.text)) || value.begin == value.end || !may_be_mapped(value)) return;
    if (after.empty()) after = texts_of(replayed_head, replayed.body);
    const auto found = after.find(value.location());
    if (found == after.end() || !pairs_.contains(pair_hash(value.text, found->second))) return;
    replay::Replacement one{value.in_head, value.begin, value.end, {}};
    replay::append_encoded(one.bytes, found->second, value.coding);
    replacements.push_back(std::move(one));
  });
  replay::for_each_response_value(recorded_head, content, sink);
  if (replacements.empty()) return;
  std::stable_sort(replacements.begin(), replacements.end(),
                   [](const auto& a, const auto& b) { return a.begin < b.begin; });
  if (auto head = http::parse_response_head(replay::spliced(recorded_head, replacements, true))) {
    recorded.headers = std::move(head->headers);
  }
  if (content.empty()) return;
  diff::set_content(recorded, replay::spliced(content, replacements, false));
}

}  // namespace tracerec::evaluate
