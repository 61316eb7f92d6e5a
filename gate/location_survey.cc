#include "gate/location_survey.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "body/json_document.h"
#include "body/json_path.h"
#include "diff/body.h"
#include "diff/compare.h"
#include "diff/headers.h"
#include "diff/json_diff.h"
#include "diff/trailers.h"
#include "gate/noise.h"

namespace tracerec::gate {
namespace {

constexpr std::size_t kMaxNodes = 20000;  // of one response: elements of long arrays share their locations

// A value that waits for its turn, and how to get there.
struct SurveyTask {
  body::JsonNodeId id;
  body::JsonPath::Mark parent;
  std::string_view name;
  enum class Step : std::uint8_t { kRoot, kMember, kElement } step;
};

}  // namespace

void LocationSurvey::add(const std::string& endpoint, std::string_view location, bool container) {
  std::string key = location_key(endpoint, location);
  auto at = locations_.find(key);
  if (at == locations_.end()) {
    if (locations_.size() >= kMaxLocations) return;
    at = locations_.emplace(std::move(key), LocationSeen{}).first;
  }
  ++at->second.responses;
  at->second.container = container;
}

void LocationSurvey::survey_json(const std::string& endpoint, const body::JsonDocument& document, body::JsonPath& path,
                                 int embedded) {
  std::vector<SurveyTask> tasks{{body::JsonDocument::root(), path.mark(), {}, SurveyTask::Step::kRoot}};
  for (std::size_t visited = 0; !tasks.empty() && visited < kMaxNodes; ++visited) {
    const SurveyTask task = tasks.back();
    tasks.pop_back();
    path.return_to(task.parent);
    if (task.step == SurveyTask::Step::kMember) path.enter_member(task.name);
    if (task.step == SurveyTask::Step::kElement) path.enter_element(0);
    const body::JsonNode& node = document.node(task.id);
    const bool object = node.type == body::ValueType::kObject;
    const bool container = (object || node.type == body::ValueType::kArray) && node.children > 0;
    const auto inner = node.type == body::ValueType::kString && embedded < diff::kMaxEmbeddedDepth
                           ? diff::embedded_json(document.text(task.id))
                           : std::nullopt;
    add(endpoint, path.location(), container || inner);
    if (inner) {
      path.enter_json();
      survey_json(endpoint, *inner, path, embedded + 1);
    }
    body::JsonNodeId child = task.id + 1;
    for (std::uint32_t i = 0; container && i < node.children; ++i) {
      const body::JsonNodeId value = object ? child + 1 : child;
      tasks.push_back({value, path.mark(), object ? document.text(child) : std::string_view{},
                       object ? SurveyTask::Step::kMember : SurveyTask::Step::kElement});
      child = document.node(value).next;
    }
  }
}

void LocationSurvey::survey(const std::string& endpoint, std::string_view method, const diff::Message& response) {
  if (endpoints_.size() >= kMaxLocations && !endpoints_.contains(endpoint)) return;
  if (endpoints_[endpoint]++ >= kResponsesPerEndpoint) return;
  add(endpoint, "status", false);
  if (!response.version.empty()) add(endpoint, "version", false);
  for (const http::Header& header : response.headers) {
    for (const std::string& one : diff::header_locations(header)) add(endpoint, "header:" + one, false);
  }
  const bool bodiless = diff::is_bodiless(method, response.status);
  for (const http::Header& trailer : bodiless ? http::HeaderList{} : diff::trailers_of(response)) {
    add(endpoint, std::string(diff::kTrailerPrefix) + diff::canonical_header_name(trailer.name), false);
  }
  const diff::BodyReading body = diff::read_body(response, bodiless);
  using Form = diff::BodyReading::Form;
  if (body.form == Form::kTree) {
    body::JsonPath path;
    if (const auto document = body::JsonDocument::parse(body.content)) survey_json(endpoint, *document, path, 0);
  }
  if (body.form == Form::kText || body.form == Form::kBytes) add(endpoint, "body", false);
  unreadable_ += body.form == Form::kUnreadable;
}

std::vector<SurveyedLocation> LocationSurvey::locations() const {
  std::vector<SurveyedLocation> locations;
  for (const auto& [key, seen] : locations_) {
    const std::size_t nul = key.find('\0');
    locations.push_back({key.substr(0, nul), key.substr(nul + 1), seen});
  }
  std::sort(locations.begin(), locations.end(), [](const SurveyedLocation& a, const SurveyedLocation& b) {
    return std::tie(a.endpoint, a.location) < std::tie(b.endpoint, b.location);
  });
  return locations;
}

}  // namespace tracerec::gate
