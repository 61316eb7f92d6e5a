#include "evaluate/value_mapping.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "diff/shape.h"
#include "diff/trailers.h"
#include "gate/generated_values.h"
#include "gate/made_values.h"
#include "gate/token_pairs.h"
#include "http/message.h"
#include "http/request_traits.h"
#include "http/secret_names.h"
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

// A value of a response, with what says whether the target's may be another.
struct Text {
  std::string text;
  std::string name;
  replay::LocationKind kind = replay::LocationKind::kHeader;
};
using Texts = std::unordered_map<std::string, Text>;  // by location; the first of a name, of cookies the last

// The field that a value is, or is a part of.
const replay::Value& field_of(const replay::Value& value) {
  return value.whole != nullptr ? *value.whole : value;
}

// The values of a response. Nothing when its body cannot be had or decoded.
Texts texts_of(const std::string& head, const std::string& wire_body) {
  Texts texts;
  std::string buffer;
  const auto content = replay::content_of(head, wire_body, false, buffer);
  Each sink([&](const replay::Value& value) {
    Text text{std::string(value.text), std::string(field_of(value).name), field_of(value).kind};
    if (replay::replaces_earlier(value)) {
      texts.insert_or_assign(value.location(), std::move(text));
    } else {
      texts.try_emplace(value.location(), std::move(text));
    }
  });
  replay::for_each_response_value(head, content ? *content : std::string_view{}, sink);
  return texts;
}

bool is_id(const Text& text) {
  return gate::names_an_id(text.name) || replay::is_id_like(text.name) || text.kind == replay::LocationKind::kHeader;
}

bool is_token(const Text& text) {
  return text.kind == replay::LocationKind::kCookie || gate::names_a_token(text.name) ||
         http::is_secret_header(text.name) || diff::format_of(text.text) == diff::TextFormat::kJwt;
}

// Of what is no token. `mixed`: secrets are pseudonyms on one side only, or in a part of one.
gate::Counterparts::Rule rule_for(const Text& text, bool mixed) {
  using Rule = gate::Counterparts::Rule;
  if (is_id(text)) return Rule::kOneToOne;
  return mixed ? Rule::kAny : Rule::kNotShared;
}

// Whether the target may have another value there: what has no meaning to its reader, or what a write just made.
bool may_be_another(const Text& before, const Text& after, bool by_write) {
  if (!gate::may_stand_for(before.text, after.text)) return false;
  if (before.kind == replay::LocationKind::kCookie || is_id(before)) return true;
  if (gate::names_a_token(before.name) || gate::is_made_by_programs(before.text)) return true;
  return by_write && replay::strength_of(before.text) == replay::Strength::kStrong;
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

Result<void> ValueMapping::load(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run,
                                schema::RowId against) {
  const auto recording = rows.recording(run.recording_id);
  if (!recording) return recording.error();
  recording_is_replaced_ = *recording && (*recording)->secrets == schema::Secrets::kReplaced;
  Result<void> outcome;
  Source source;
  const auto finish = [&] {
    if (!source.locations.empty()) outcome = add_source(bodies, run, against, source);
    source.locations.clear();
  };
  const auto visited = rows.for_each_source(run.id, [&](schema::RowId exchange_id, std::string_view location) {
    if (exchange_id != source.exchange_id) finish();
    source.exchange_id = exchange_id;
    source.locations.emplace_back(location);
    return outcome.has_value();
  });
  if (!visited) return visited;
  if (outcome) finish();
  return outcome;
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

Result<std::optional<Texts>> texts_of_recorded(schema::Reader& bodies, const schema::StoredExchange& exchange) {
  const auto body = body_of(bodies, exchange.response_body);
  if (!body) return body.error();
  return std::optional(texts_of(exchange.response_head, *body));
}

// Where short values are unique: the responses of one resource, at one location.
std::uint64_t scope_of(const schema::StoredExchange& exchange, const std::string& location, const Text& text) {
  if (replay::strength_of(text.text) == replay::Strength::kStrong) return 0;
  return replay::hash_of(location, replay::hash_of(exchange.method, replay::hash_of(http::path_of(exchange.target))));
}

}  // namespace

Result<void> ValueMapping::add_source(schema::Reader& bodies, const schema::Run& run, schema::RowId against,
                                      const Source& source) {
  const auto exchange = bodies.exchange(source.exchange_id);
  if (!exchange) return exchange.error();
  if (!*exchange) return {};
  const auto recorded =
      against == 0 ? texts_of_recorded(bodies, **exchange) : texts_of_response(bodies, against, source.exchange_id);
  if (!recorded) return recorded.error();
  const auto replayed = texts_of_response(bodies, run.id, source.exchange_id);
  if (!replayed) return replayed.error();
  if (!*recorded || !*replayed) return {};
  const bool by_write = http::may_write((*exchange)->method);
  const bool both = run.secrets == schema::Secrets::kReplaced && recording_is_replaced_;
  const bool mixed = against == 0 && !both && schema::has_note((*exchange)->notes, "redacted");
  for (const std::string& location : source.locations) {
    const auto before = (*recorded)->find(location);
    const auto after = (*replayed)->find(location);
    if (before == (*recorded)->end() || after == (*replayed)->end()) continue;
    const std::uint64_t scope = scope_of(**exchange, location, before->second);
    const std::string &was = before->second.text, &is = after->second.text;
    if (is_token(before->second)) {
      const bool may_be = was == is || may_be_another(before->second, after->second, by_write);
      const auto own = gate::token_scope((*exchange)->method, (*exchange)->target, before->second.name);
      if (may_be) add_token(was, is, mixed ? own : scope, own);
      continue;
    }
    const gate::Counterparts::Rule rule = rule_for(before->second, mixed);
    if (was == is && rule == gate::Counterparts::Rule::kOneToOne) counterparts_.learn_same(was, scope);
    if (was == is || !may_be_another(before->second, after->second, by_write)) continue;
    (void)counterparts_.learn(was, is, rule, scope);
  }
  return {};
}

// What the judge finds out about tokens of this location (gate::KnownPairs), it asks in the scope `own`.
void ValueMapping::add_token(const std::string& was, const std::string& is, std::uint64_t scope, std::uint64_t own) {
  if (!gate::learn_token(counterparts_, was, is, scope) || !gate::learn_token(counterparts_, was, is, own)) return;
  if (was != is) (void)counterparts_.learn(was, is, gate::Counterparts::Rule::kNotShared, scope);
}

void ValueMapping::learn_made_ids(const std::string& recorded_head, const std::string& replayed_head,
                                  const diff::Pair& pair) {
  const diff::Message &recorded = pair.recorded, &replayed = pair.replayed;
  if (!recorded.body_whole || !replayed.body_whole || recorded.body == replayed.body) return;
  std::unordered_map<std::string, std::string> made;
  std::string buffer;
  const auto content = replay::content_of(recorded_head, recorded.body, false, buffer);
  Each sink([&](const replay::Value& value) {
    const bool is_echo =
        pair.request.find(value.text) != std::string::npos || pair.target.find(value.text) != std::string::npos;
    if (is_made_id(value) && !is_echo) made.try_emplace(value.location(), value.text);
  });
  replay::for_each_response_value(recorded_head, content ? *content : std::string_view{}, sink);
  if (made.empty()) return;
  const Texts after = texts_of(replayed_head, replayed.body);
  for (const auto& [location, text] : made) {
    const auto now = after.find(location);
    const bool is_new = now != after.end() && now->second.text != text && now->second.text.size() == text.size() &&
                        gate::generated_spans(now->second.text).size() == 1;
    if (is_new) (void)counterparts_.learn(text, now->second.text);
  }
}

void ValueMapping::learn_same_ids(const std::string& recorded_head, const std::string& replayed_head,
                                  const diff::Pair& pair) {
  if (!pair.recorded.body_whole || !pair.replayed.body_whole) return;
  const bool same_body = pair.recorded.body == pair.replayed.body;
  std::string buffer;
  const auto content = replay::content_of(recorded_head, pair.recorded.body, false, buffer);
  std::optional<Texts> after;
  Each sink([&](const replay::Value& value) {
    if (!is_made_id(value)) return;
    if (same_body && !value.in_head) return counterparts_.learn_same(value.text);
    if (!after) after = texts_of(replayed_head, pair.replayed.body);
    const auto now = after->find(value.location());
    if (now != after->end() && now->second.text == value.text) counterparts_.learn_same(value.text);
  });
  replay::for_each_response_value(recorded_head, content ? *content : std::string_view{}, sink);
}

void ValueMapping::apply(const std::string& recorded_head, const std::string& replayed_head, diff::Message& recorded,
                         const diff::Message& replayed) const {
  if (counterparts_.empty() || !recorded.body_whole || !replayed.body_whole) return;
  std::string buffer;
  const auto decoded = replay::content_of(recorded_head, recorded.body, false, buffer);
  const std::string_view content = decoded ? *decoded : std::string_view{};
  Texts after;
  std::vector<replay::Replacement> replacements;
  Each sink([&](const replay::Value& value) {
    if (!counterparts_.has(value.text) || value.begin == value.end || !may_be_mapped(value)) return;
    if (after.empty()) after = texts_of(replayed_head, replayed.body);
    const auto found = after.find(value.location());
    if (found == after.end() || !counterparts_.knows(value.text, found->second.text)) return;
    replay::Replacement one{value.in_head, value.begin, value.end, {}};
    replay::append_encoded(one.bytes, found->second.text, value.coding);
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
