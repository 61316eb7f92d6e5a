#include "body/xml_namespaces.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace tracerec::body {
namespace {

constexpr std::string_view kDeclaration = "xmlns";
constexpr std::string_view kSchemaInstance = "http://www.w3.org/2001/XMLSchema-instance";

using Declarations = std::set<std::pair<std::string, std::string>>;  // prefix, URI
using Scope = std::map<std::string, std::string, std::less<>>;       // prefix → URI

// The prefix that an attribute declares, "" for the default namespace; nothing when it declares none.
std::optional<std::string_view> declared_prefix(std::string_view attribute) {
  if (attribute == kDeclaration) return std::string_view{};
  if (!attribute.starts_with(kDeclaration) || attribute.substr(kDeclaration.size(), 1) != ":") return std::nullopt;
  return attribute.substr(kDeclaration.size() + 1);
}

// Prefix and local name.
std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {{}, name};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

// In the order of the document.
template <class Visit>
void each_element(MarkupElement& element, Visit visit) {
  visit(element);
  for (const auto& child : element.elements()) each_element(*child, visit);
}

Declarations declarations_in(MarkupElement& root) {
  Declarations found;
  each_element(root, [&](MarkupElement& element) {
    for (const auto& [name, value] : element.attributes()) {
      if (const auto prefix = declared_prefix(name)) found.emplace(*prefix, value);
    }
  });
  return found;
}

std::set<std::string> namespaces_of(const Declarations& declarations) {
  std::set<std::string> uris;
  for (const auto& [prefix, uri] : declarations) uris.insert(uri);
  return uris;
}

// The prefixes of the namespaces that both documents know: those of the first. Two namespaces never share one.
class Prefixes {
 public:
  Prefixes(MarkupElement& first, const std::set<std::string>& known_to_both) {
    each_element(first, [&](MarkupElement& element) {
      for (const auto& [name, value] : element.attributes()) {
        const auto prefix = declared_prefix(name);
        if (prefix && known_to_both.contains(value)) add(std::string(*prefix), value);
      }
    });
    for (const std::string& uri : known_to_both) of_uri_.try_emplace(uri);
  }

  [[nodiscard]] bool knows(const std::string& uri) const { return of_uri_.contains(uri); }
  [[nodiscard]] bool is_taken(std::string_view prefix) const { return taken_.contains(prefix); }

  // The name in a namespace that both know. An attribute without a prefix is in no namespace.
  [[nodiscard]] std::string name_in(const std::string& uri, std::string_view local, bool is_attribute) const {
    const std::optional<std::string>& prefix = of_uri_.find(uri)->second;
    if (!prefix || (is_attribute && prefix->empty())) return "{" + uri + "}" + std::string(local);
    return prefix->empty() ? std::string(local) : *prefix + ":" + std::string(local);
  }

 private:
  void add(std::string prefix, const std::string& uri) {
    if (of_uri_.contains(uri) || !taken_.insert(prefix).second) return;
    of_uri_.emplace(uri, std::move(prefix));
  }

  std::map<std::string, std::optional<std::string>> of_uri_;  // nothing: its prefixes belong to others
  std::set<std::string, std::less<>> taken_;
};

class Renaming {
 public:
  explicit Renaming(const Prefixes& prefixes) : prefixes_(prefixes) {}

  // `scope` is what is declared around the element.
  void rename(MarkupElement& element, Scope scope) const {
    for (const auto& [name, value] : element.attributes()) {
      if (const auto prefix = declared_prefix(name)) scope[std::string(*prefix)] = value;
    }
    element.rename(new_name(element.name(), scope, false));
    std::vector<MarkupElement::Attribute> attributes;
    for (auto& [name, value] : element.attributes()) rename_attribute(name, value, scope, attributes);
    element.attributes() = std::move(attributes);
    for (const auto& child : element.elements()) rename(*child, scope);
  }

 private:
  void rename_attribute(const std::string& name, std::string& value, const Scope& scope,
                        std::vector<MarkupElement::Attribute>& attributes) const {
    if (declared_prefix(name)) {
      if (!value.empty() && !prefixes_.knows(value)) attributes.emplace_back(name, std::move(value));
      return;
    }
    const auto [prefix, local] = split_name(name);
    const auto uri = scope.find(prefix);
    if (local == "type" && uri != scope.end() && uri->second == kSchemaInstance) value = new_name(value, scope, false);
    attributes.emplace_back(prefix.empty() ? name : new_name(name, scope, true), std::move(value));
  }

  // A name outside of the namespaces that both know stays, unless it would look like one inside.
  [[nodiscard]] std::string new_name(const std::string& name, const Scope& scope, bool is_attribute) const {
    const auto [prefix, local] = split_name(name);
    const auto bound = scope.find(prefix);
    const std::string uri = bound == scope.end() ? std::string{} : bound->second;
    if (prefixes_.knows(uri)) return prefixes_.name_in(uri, local, is_attribute);
    return prefixes_.is_taken(prefix) ? "{" + uri + "}" + std::string(local) : name;
  }

  const Prefixes& prefixes_;
};

}  // namespace

bool unify_namespaces(MarkupElement& first, MarkupElement& second) {
  const Declarations before = declarations_in(first);
  const Declarations after = declarations_in(second);
  if (before == after) return false;
  const std::set<std::string> ours = namespaces_of(before);
  std::set<std::string> known_to_both;
  for (const std::string& uri : namespaces_of(after)) {
    if (!uri.empty() && ours.contains(uri)) known_to_both.insert(uri);
  }
  const Prefixes prefixes(first, known_to_both);
  const Renaming renaming(prefixes);
  for (MarkupElement* root : {&first, &second}) renaming.rename(*root, {});
  return true;
}

}  // namespace tracerec::body
