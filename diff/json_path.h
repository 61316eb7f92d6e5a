// Where in a JSON document: the exact path and the location that all elements of an array share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tracerec::diff {

// Grows and shrinks as a comparison walks down and up. Both texts are JSONPath (RFC 9535): `$.name` where the shorthand
// allows it, else `['odd name']`; indices `[3]` in path(), `[*]` in location(). One thread at a time.
class JsonPath {
 public:
  // A step that is undone at the end of the scope.
  class Step {
   public:
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    ~Step();

   private:
    friend class JsonPath;
    Step(JsonPath& path, std::size_t location_bytes, std::size_t path_bytes)
        : owner_(path), location_bytes_(location_bytes), path_bytes_(path_bytes) {}
    JsonPath& owner_;
    std::size_t location_bytes_;
    std::size_t path_bytes_;
  };

  [[nodiscard]] Step enter_member(std::string_view name);
  [[nodiscard]] Step enter_element(std::size_t index);

  [[nodiscard]] std::string_view location() const { return location_; }
  [[nodiscard]] std::string_view path() const { return path_; }

 private:
  std::string location_ = "$";
  std::string path_ = "$";
};

}  // namespace tracerec::diff
