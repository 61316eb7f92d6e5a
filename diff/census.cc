#include "diff/census.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "diff/body.h"
#include "diff/compare.h"
#include "diff/headers.h"
#include "diff/json_document.h"
#include "diff/json_path.h"
#include "diff/noise.h"
#include "diff/trailers.h"

namespace tracerec::diff {
namespace {

constexpr std::size_t kMaxNodes = 20000;  // of one answer: elements of long arrays share their places

// A value that waits for its turn, and how to get there.
struct Task {
  JsonNodeId id;
  JsonPath::Mark parent;
  std::string_view name;
  enum class Step : std::uint8_t { kRoot, kMember, kElement } step;
};

}  // namespace

void Census::add(const std::string& endpoint, std::string_view location, bool container) {
  std::string key = place_key(endpoint, location);
  auto at = places_.find(key);
  if (at == places_.end()) {
    if (places_.size() >= kMaxPlaces) return;
    at = places_.emplace(std::move(key), PlaceSeen{}).first;
  }
  ++at->second.answers;
  at->second.container = container;
}

void Census::survey_json(const std::string& endpoint, std::string_view json) {
  const auto document = JsonDocument::parse(json);
  if (!document) return;
  JsonPath path;
  std::vector<Task> tasks{{JsonDocument::root(), {}, {}, Task::Step::kRoot}};
  for (std::size_t visited = 0; !tasks.empty() && visited < kMaxNodes; ++visited) {
    const Task task = tasks.back();
    tasks.pop_back();
    path.return_to(task.parent);
    if (task.step == Task::Step::kMember) path.enter_member(task.name);
    if (task.step == Task::Step::kElement) path.enter_element(0);
    const JsonNode& node = document->node(task.id);
    const bool object = node.type == ValueType::kObject;
    const bool container = (object || node.type == ValueType::kArray) && node.children > 0;
    add(endpoint, path.location(), container);
    JsonNodeId child = task.id + 1;
    for (std::uint32_t i = 0; container && i < node.children; ++i) {
      const JsonNodeId value = object ? child + 1 : child;
      tasks.push_back({value, path.mark(), object ? document->text(child) : std::string_view{},
                       object ? Task::Step::kMember : Task::Step::kElement});
      child = document->node(value).next;
    }
  }
}

void Census::survey(const std::string& endpoint, std::string_view method, const Message& answer) {
  if (endpoints_.size() >= kMaxPlaces && !endpoints_.contains(endpoint)) return;
  if (endpoints_[endpoint]++ >= kAnswersPerEndpoint) return;
  add(endpoint, "status", false);
  for (const http::Header& header : answer.headers) {
    for (const std::string& place : header_places(header)) add(endpoint, "header:" + place, false);
  }
  const bool bodiless = is_bodiless(method, answer.status);
  for (const http::Header& trailer : bodiless ? http::HeaderList{} : trailers_of(answer)) {
    add(endpoint, std::string(kTrailerPrefix) + canonical_header_name(trailer.name), false);
  }
  const BodyReading body = read_body(answer, bodiless);
  using Form = BodyReading::Form;
  if (body.form == Form::kTree) survey_json(endpoint, body.content);
  if (body.form == Form::kText || body.form == Form::kBytes) add(endpoint, "body", false);
  unreadable_ += body.form == Form::kUnreadable;
}

std::vector<Census::Place> Census::places() const {
  std::vector<Place> places;
  for (const auto& [key, seen] : places_) {
    const std::size_t nul = key.find('\0');
    places.push_back({key.substr(0, nul), key.substr(nul + 1), seen});
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::tie(a.endpoint, a.location) < std::tie(b.endpoint, b.location);
  });
  return places;
}

}  // namespace tracerec::diff
