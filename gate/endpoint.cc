#include "gate/endpoint.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "diff/id_segment.h"

namespace tracerec::gate {
namespace {

// RFC 9112 §3.2.2: "http://host/path" means "/path", "http://host" means "/". A slash at the end stays.
std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const std::size_t slash = target.find('/', scheme + 3);
  return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
}

}  // namespace

std::string endpoint_of(std::string_view method, std::string_view target) {
  std::string endpoint(method);
  endpoint += ' ';
  std::string_view rest = path_of(target);
  while (!rest.empty() && endpoint.size() < kMaxEndpointBytes) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, slash);
    endpoint += diff::is_id_segment(segment) ? std::string_view("{id}") : segment;
    if (slash < rest.size()) endpoint += '/';
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  if (endpoint.size() > kMaxEndpointBytes) endpoint.resize(kMaxEndpointBytes);
  return endpoint;
}

std::string_view without_operation(std::string_view endpoint) {
  const std::size_t method = endpoint.find(' ');
  return method == std::string_view::npos ? endpoint : endpoint.substr(0, endpoint.find(' ', method + 1));
}

namespace {

constexpr std::string_view kId = "{id}";

// A name that comes back so often is the name of a kind of thing: an API with 40 kinds of things is not a collection.
constexpr std::uint64_t kOftenSeen = 10;

std::vector<std::string_view> segments_of(std::string_view endpoint) {
  std::vector<std::string_view> segments;
  while (!endpoint.empty()) {
    const std::size_t end = std::min(endpoint.find('/'), endpoint.size());
    segments.push_back(endpoint.substr(0, end));
    endpoint.remove_prefix(std::min(end + 1, endpoint.size()));
  }
  return segments;
}

bool segment_fits(std::string_view pattern, std::string_view segment) {
  return pattern == segment ||
         (pattern.size() > 2 && pattern.front() == '{' && pattern.back() == '}' && !segment.empty());
}

// GetQuote, getQuote: a small letter before a capital, and no digits.
bool is_camel_case(std::string_view segment) {
  bool hump = false;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (!is_letter(segment[i])) return false;
    hump = hump || (i > 0 && is_lower(segment[i - 1]) && is_upper(segment[i]));
  }
  return hump;
}

constexpr std::array<std::string_view, 26> kVerbs = {
    "add",  "batch",  "calculate", "cancel", "check", "compute", "count",  "create",  "delete",
    "do",   "export", "fetch",     "find",   "get",   "import",  "is",     "list",    "make",
    "post", "put",    "remove",    "search", "send",  "set",     "update", "validate"};

// get_quote, get-quote.
bool begins_with_verb(std::string_view segment) {
  const std::size_t end = segment.find_first_of("_-.");
  return end != std::string_view::npos &&
         std::find(kVerbs.begin(), kVerbs.end(), segment.substr(0, end)) != kVerbs.end();
}

// Looks like the name of an operation, not like that of a thing: /rpc/GetQuote, /rpc/get_quote.
bool names_an_operation(std::string_view segment) {
  return is_camel_case(segment) || begins_with_verb(segment);
}

}  // namespace

// One segment at one location. Once its children are names of things, it has the one child {id}.
struct Endpoints::Node {
  std::map<std::string, Node, std::less<>> children;
  std::size_t operations = 0;  // of the children
  std::uint64_t seen = 0;
  bool collapsed = false;
};

Endpoints::Endpoints(std::vector<std::string> templates)
    : templates_(std::move(templates)), root_(std::make_unique<Node>()) {}
Endpoints::~Endpoints() = default;
Endpoints::Endpoints(Endpoints&&) noexcept = default;
Endpoints& Endpoints::operator=(Endpoints&&) noexcept = default;

void Endpoints::merge(Node& into, Node&& from) {
  into.seen += from.seen;
  if (into.collapsed || from.collapsed) {
    collapse(from);
    collapse(into);
  }
  for (auto& [name, child] : from.children) merge(into.children[name], std::move(child));
}

void Endpoints::collapse(Node& node) {
  if (node.collapsed) return;
  Node one;
  for (auto& [name, child] : node.children) merge(one, std::move(child));
  node.children.clear();
  node.children.emplace(kId, std::move(one));
  node.collapsed = true;
}

void Endpoints::learn(std::string_view method, std::string_view target) {
  const std::string endpoint = endpoint_of(method, target);
  Node* node = root_.get();
  for (const std::string_view segment : segments_of(endpoint)) {
    const std::string_view key = node->collapsed ? kId : segment;
    auto at = node->children.find(key);
    if (at == node->children.end()) {
      if (nodes_ >= kMaxNodes) return;
      ++nodes_;
      at = node->children.emplace(key, Node{}).first;
      node->operations += names_an_operation(key);
    }
    ++node->seen;
    const std::size_t distinct = node->children.size();
    const bool seldom = distinct > kManySegments && node->seen < kOftenSeen * distinct;
    const bool is_segment = node != root_.get() && node->operations * 2 < distinct;
    if (is_segment && (seldom || distinct > kTooManySegments)) {
      collapse(*node);
      at = node->children.find(kId);
    }
    node = &at->second;
  }
  ++node->seen;
}

const std::string* Endpoints::template_of(std::string_view endpoint) const {
  const auto segments = segments_of(endpoint);
  for (const std::string& pattern : templates_) {
    auto wanted = segments_of(pattern);
    if (wanted.size() != segments.size()) continue;
    if (wanted.front() == "* ") wanted.front() = segments.front();
    if (std::equal(wanted.begin(), wanted.end(), segments.begin(), segment_fits)) return &pattern;
  }
  return nullptr;
}

EndpointName Endpoints::name_of(std::string_view method, std::string_view target, std::string_view operation) const {
  EndpointName name = path_name(method, target);
  if (operation.empty()) return name;
  name.name += ' ';
  name.name += operation;
  return name;
}

EndpointName Endpoints::path_name(std::string_view method, std::string_view target) const {
  std::string endpoint = endpoint_of(method, target);
  if (const std::string* pattern = template_of(endpoint)) {
    return {pattern->starts_with("* ") ? std::string(method) + pattern->substr(1) : *pattern, false};
  }
  EndpointName result;
  std::string& name = result.name;
  const Node* node = root_.get();
  for (const std::string_view segment : segments_of(endpoint)) {
    const bool collapsed = node != nullptr && node->collapsed;
    name += name.empty() ? "" : "/";
    name += collapsed ? kId : segment;
    result.guessed = result.guessed || (collapsed && segment != kId);
    if (node == nullptr) continue;
    const auto at = node->children.find(collapsed ? kId : segment);
    node = at == node->children.end() ? nullptr : &at->second;
  }
  if (endpoint.ends_with('/')) name += '/';
  return result;
}

}  // namespace tracerec::gate
