#include "gate/dependents.h"

#include <algorithm>

#include "body/json_document.h"
#include "diff/body.h"
#include "gate/generated_values.h"

namespace tracerec::gate {
namespace {

// Shorter ids occur elsewhere by chance: they count only after the path that made them.
constexpr std::size_t kTellingIdBytes = 8;

std::string_view resource_of(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  while (target.size() > 1 && target.ends_with('/')) target.remove_suffix(1);
  return target;
}

// "http://host/users/7" → "/users/7"
std::string_view without_authority(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return url;
  const std::size_t slash = url.find('/', scheme + 3);
  return slash == std::string_view::npos ? std::string_view{} : url.substr(slash);
}

}  // namespace

bool is_failed_write(const diff::Pair& pair) {
  const bool writes =
      pair.method == "POST" || pair.method == "PUT" || pair.method == "PATCH" || pair.method == "DELETE";
  const bool succeeded = pair.recorded.status >= 200 && pair.recorded.status < 400;
  return writes && succeeded && (!pair.failure.empty() || pair.replayed.status >= 400);
}

void Dependents::remember(std::string thing, const std::string& finding) {
  if (thing.size() > 1 && thing.size() <= 512 && tracked_.size() < kMaxTracked)
    tracked_.emplace(std::move(thing), finding);
}

void Dependents::remember_id(const std::string& collection, std::string_view id, const std::string& finding) {
  if (id.empty()) return;
  remember(collection + "/" + std::string(id), finding);
  if (id.size() >= kTellingIdBytes) remember(std::string(id), finding);
}

void Dependents::learn(const diff::Pair& pair, const std::string& finding) {
  if (!is_failed_write(pair)) return;
  const std::string path(resource_of(pair.target));
  if (pair.method != "POST") remember(path, finding);
  if (const std::string* location = pair.recorded.headers.find("Location")) {
    remember(std::string(resource_of(without_authority(*location))), finding);
  }
  const diff::BodyReading body = diff::read_body(pair.recorded, false);
  if (body.form != diff::BodyReading::Form::kTree || !body.is_json) return;
  const auto document = body::JsonDocument::parse(body.content);
  if (!document || document->node(0).type != body::ValueType::kObject) return;
  body::JsonNodeId name = 1;
  for (std::uint32_t i = 0; i < document->node(0).children; ++i, name = document->node(name + 1).next) {
    const body::ValueType type = document->node(name + 1).type;
    const bool scalar = type == body::ValueType::kString || type == body::ValueType::kInteger;
    if (scalar && names_an_id(document->text(name))) remember_id(path, document->text(name + 1), finding);
  }
}

const std::string* Dependents::cause_of(const diff::Pair& pair) const {
  if (tracked_.empty()) return nullptr;
  const std::string_view path = resource_of(pair.target);
  for (std::size_t end = path.size(); end != std::string_view::npos && end > 0; end = path.rfind('/', end - 1)) {
    const auto at = tracked_.find(std::string(path.substr(0, end)));
    if (at != tracked_.end()) return &at->second;
  }
  std::string_view rest = pair.target;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of("/?&=#"), rest.size());
    const auto at = end >= kTellingIdBytes ? tracked_.find(std::string(rest.substr(0, end))) : tracked_.end();
    if (at != tracked_.end()) return &at->second;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return nullptr;
}

}  // namespace tracerec::gate
