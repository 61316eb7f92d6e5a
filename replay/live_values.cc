#include "replay/live_values.h"

#include <algorithm>
#include <utility>

#include "replay/response_secrets.h"

// Tests: tests/replay/live_values_test.cc, tests/replay/causality_test.cc.

namespace tracerec::replay {
namespace {

// What the target put into JSON or HTML may hold what no field value may (RFC 9110 §5.5): it would add a header, or a
// request.
bool ends_line(std::string_view bytes) {
  return bytes.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

// Tells its visitor each value with its location.
template <class Visit>
class Located final : public ValueSink {
 public:
  explicit Located(Visit visit) : visit_(std::move(visit)) {}
  void on_value(const Value& value) override { visit_(value, value.location()); }

 private:
  Visit visit_;
};

}  // namespace

LiveValues::LiveValues(const Correlation& correlation)
    : correlation_(correlation), uses_spent_(correlation.produced_count()) {}

void LiveValues::learn(Ordinal producer, std::string_view head, std::string_view content) {
  const auto produced = correlation_.produced_by(producer);
  if (produced.empty()) return;
  const std::size_t first = correlation_.first_produced_by(producer);
  Located sink([&](const Value& value, const std::string& location) {
    for (std::size_t i = 0; i < produced.size(); ++i) {
      const bool same_location = correlation_.location(produced[i].location) == location;
      if (!same_location || uses_spent_[first + i] == produced[i].uses) continue;
      auto text = as_sent(value.text);
      if (!text) continue;
      const auto [kept, added] = live_.try_emplace(first + i, *text);
      // Of several at one location (two forms in a page) the one that was recorded is the one that is meant.
      const bool is_recorded = static_cast<std::uint32_t>(hash_of(value.text)) == produced[i].text_hash;
      if (!added && (is_recorded || replaces_earlier(value))) kept->second = std::move(*text);
    }
  });
  for_each_response_value(head, content, sink);
}

void LiveValues::learn_cookies(Ordinal exchange, std::string_view head) {
  const auto edges = correlation_.edges_of(exchange);
  if (edges.empty() || header_of(head, "Set-Cookie").empty()) return;
  Located sink([&](const Value& value, const std::string& location) {
    if (value.kind != LocationKind::kCookie) return;
    for (const Edge& edge : edges) {
      if (correlation_.location(edge.used_at) != location || correlation_.location(edge.produced_at) != location)
        continue;
      const auto own = correlation_.produced_by(exchange);
      const bool recorded = std::any_of(
          own.begin(), own.end(), [&](const Produced& p) { return correlation_.location(p.location) == location; });
      const auto live = live_.find(correlation_.index_of(edge));
      auto text = as_sent(value.text);
      if (!recorded && text && live != live_.end()) live->second = std::move(*text);
    }
  });
  for_each_response_value(head, {}, sink);
}

std::optional<std::string> LiveValues::as_sent(std::string_view text) const {
  return secrets_ != nullptr ? secrets_->original(text) : std::string(text);
}

bool LiveValues::Filled::all() const {
  return std::find(resolved.begin(), resolved.end(), false) == resolved.end();
}

LiveValues::Filled LiveValues::fill(Ordinal consumer, std::string_view head, std::string_view content) {
  const auto edges = correlation_.edges_of(consumer);
  Filled filled;
  filled.resolved.assign(edges.size(), false);
  std::vector<bool> taken(edges.size());  // a value that stands twice at its location has two edges
  Located sink([&](const Value& value, const std::string& location) {
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const bool meant = !taken[i] && correlation_.location(edges[i].used_at) == location &&
                         static_cast<std::uint32_t>(hash_of(value.text)) == edges[i].text_hash;
      if (!meant) continue;
      taken[i] = true;
      const auto live = live_.find(correlation_.index_of(edges[i]));
      if (live == live_.end()) return;
      filled.resolved[i] = true;
      if (live->second == value.text) return;
      Replacement replacement{value.in_head, value.begin, value.end, {}};
      append_encoded(replacement.bytes, live->second, value.coding);
      if (value.begin == value.end || (value.in_head && ends_line(replacement.bytes))) {
        filled.resolved[i] = false;  // written in a way that cannot be followed, or not to be written there at all
      } else {
        filled.replacements.push_back(std::move(replacement));
      }
      return;
    }
  });
  for_each_request_value(head, content, sink);
  skip(consumer);
  return filled;
}

void LiveValues::skip(Ordinal consumer) {
  for (const Edge& edge : correlation_.edges_of(consumer)) spend(correlation_.index_of(edge));
}

void LiveValues::spend(std::size_t index) {
  if (++uses_spent_[index] == correlation_.produced(index).uses) live_.erase(index);
}

}  // namespace tracerec::replay
