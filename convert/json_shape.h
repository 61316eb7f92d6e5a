// What JSON documents have in common, as a JSON Schema.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace tracerec::convert {

// Of all values that stood in one place. No value is kept, only names and kinds.
class JsonShape {
 public:
  // More members than this, and they are keys of a map: additionalProperties takes the place of properties.
  static constexpr std::size_t kMostMembers = 100;
  static constexpr int kMostDepth = 64;  // what lies deeper is any value

  void add(const nlohmann::json& value) { add(value, 0); }

  // JSON Schema, draft 2020-12; {} where nothing was seen. A member is required when every object had it.
  [[nodiscard]] nlohmann::ordered_json schema() const;

 private:
  struct Member;
  void add(const nlohmann::json& value, int depth);
  void add_object(const nlohmann::json& object, int depth);
  void become_map();
  void merge(JsonShape&& other);
  [[nodiscard]] nlohmann::ordered_json types() const;
  void describe_object(nlohmann::ordered_json& schema) const;

  bool null_ = false, boolean_ = false, integer_ = false, number_ = false, string_ = false, array_ = false,
       object_ = false, any_ = false;
  bool only_times_ = true, only_uuids_ = true;  // of the strings
  std::uint64_t objects_ = 0;
  std::map<std::string, Member> members_;
  std::unique_ptr<JsonShape> other_members_;  // of a map
  std::unique_ptr<JsonShape> items_;
};

struct JsonShape::Member {
  std::uint64_t objects = 0;  // that had it
  JsonShape shape;
};

}  // namespace tracerec::convert
