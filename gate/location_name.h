// The last name of a location, and what stands before it.
#pragma once

#include <string_view>

namespace tracerec::gate {

struct LocationName {
  std::string_view parent;  // "$.items[*]", "header:"; empty: there is none
  std::string_view name;    // "price", "Set-Cookie sid"; of a location without parts the whole of it
};

// "$.items[*].price", "$['odd.name']", "header:Server", "status". Of an array "$.tags[*]" the name is "tags[*]". Views
// into `location`, which may be anything. Pure.
[[nodiscard]] LocationName split_location(std::string_view location);

}  // namespace tracerec::gate
