#include "gate/location_name.h"

namespace tracerec::gate {
namespace {

LocationName split_at(std::string_view location, std::size_t end_of_parent, std::size_t begin_of_name) {
  return {location.substr(0, end_of_parent), location.substr(begin_of_name)};
}

// "['odd.name']" at the end: what it begins with, or npos. Quotes inside are escaped (docs/diff.md), so the last "['"
// is the right one.
std::size_t quoted_name_at(std::string_view path) {
  return path.ends_with("']") ? path.rfind("['") : std::string_view::npos;
}

// Without "[*]" and "[3]" at its end.
std::string_view without_indexes(std::string_view path) {
  while (path.ends_with(']') && quoted_name_at(path) == std::string_view::npos) {
    const std::size_t open = path.rfind('[');
    if (open == std::string_view::npos) break;
    path = path.substr(0, open);
  }
  return path;
}

}  // namespace

LocationName split_location(std::string_view location) {
  for (const std::string_view prefix : {"header:", "trailer:"}) {
    if (location.starts_with(prefix)) return split_at(location, prefix.size(), prefix.size());
  }
  if (!location.starts_with('$')) return {{}, location};
  const std::string_view path = without_indexes(location);
  if (const std::size_t quoted = quoted_name_at(path); quoted != std::string_view::npos)
    return split_at(location, quoted, quoted);
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? LocationName{{}, location} : split_at(location, dot, dot + 1);
}

}  // namespace tracerec::gate
