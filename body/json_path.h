// Where in a JSON document: the exact path and the location that all elements of an array share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tracerec::body {

// Grows and shrinks as a comparison walks down and up. Both texts are JSONPath (RFC 9535): `$.name` where the shorthand
// allows it, else `['odd name']`; indices `[3]` in path(), `[*]` in location(). One thread at a time.
class JsonPath {
 public:
  // A place to come back to; valid as long as nothing above it was left.
  struct Mark {
    std::size_t location_bytes = 1;  // of "$", the root
    std::size_t path_bytes = 1;
  };
  [[nodiscard]] Mark mark() const { return {location_.size(), path_.size()}; }
  void return_to(const Mark& mark);

  void enter_member(std::string_view name);
  void enter_element(std::size_t index);
  // The document in a string: `.json()`. A member of that name is `['json()']`.
  void enter_json();

  [[nodiscard]] std::string_view location() const { return location_; }
  [[nodiscard]] std::string_view path() const { return path_; }

 private:
  std::string location_ = "$";
  std::string path_ = "$";
};

}  // namespace tracerec::body
