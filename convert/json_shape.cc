#include "convert/json_shape.h"

#include <utility>

#include "base/time_text.h"
#include "base/uuid.h"

// Tests: tests/convert/json_shape_test.cc.

namespace tracerec::convert {
namespace {

using Schema = nlohmann::ordered_json;

bool is_time(const std::string& text) {
  const auto time = time_at(text, 0);
  return time && time->end == text.size() && time->form == TimeText::Form::kIso && time->has_zone;
}

}  // namespace

void JsonShape::add(const nlohmann::json& value, int depth) {
  if (depth > kMostDepth) {
    any_ = true;
    return;
  }
  null_ |= value.is_null();
  boolean_ |= value.is_boolean();
  integer_ |= value.is_number_integer();
  number_ |= value.is_number_float();
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    string_ = true;
    only_times_ = only_times_ && is_time(text);
    only_uuids_ = only_uuids_ && is_uuid(text);
  }
  if (value.is_array()) {
    array_ = true;
    if (items_ == nullptr) items_ = std::make_unique<JsonShape>();
    for (const nlohmann::json& item : value) items_->add(item, depth + 1);
  }
  if (value.is_object()) add_object(value, depth);
}

void JsonShape::add_object(const nlohmann::json& object, int depth) {
  object_ = true;
  ++objects_;
  for (const auto& [name, value] : object.items()) {
    if (other_members_ != nullptr) {
      other_members_->add(value, depth + 1);
      continue;
    }
    Member& member = members_[name];
    ++member.objects;
    member.shape.add(value, depth + 1);
    if (members_.size() > kMostMembers) become_map();
  }
}

void JsonShape::become_map() {
  other_members_ = std::make_unique<JsonShape>();
  for (auto& [name, member] : members_) other_members_->merge(std::move(member.shape));
  members_.clear();
}

void JsonShape::merge(JsonShape&& other) {
  null_ |= other.null_;
  boolean_ |= other.boolean_;
  integer_ |= other.integer_;
  number_ |= other.number_;
  string_ |= other.string_;
  array_ |= other.array_;
  object_ |= other.object_;
  any_ |= other.any_;
  only_times_ &= other.only_times_;
  only_uuids_ &= other.only_uuids_;
  objects_ += other.objects_;
  if (other.items_ != nullptr) {
    if (items_ == nullptr) items_ = std::make_unique<JsonShape>();
    items_->merge(std::move(*other.items_));
  }
  for (auto& [name, member] : other.members_) {
    Member& mine = members_[name];
    mine.objects += member.objects;
    mine.shape.merge(std::move(member.shape));
  }
  const bool is_map = other_members_ != nullptr || other.other_members_ != nullptr || members_.size() > kMostMembers;
  if (!is_map) return;
  std::unique_ptr<JsonShape> all = std::exchange(other_members_, nullptr);
  become_map();
  if (all != nullptr) other_members_->merge(std::move(*all));
  if (other.other_members_ != nullptr) other_members_->merge(std::move(*other.other_members_));
}

Schema JsonShape::types() const {
  Schema types = Schema::array();
  const auto add = [&](bool is_there, const char* name) {
    if (is_there) types.push_back(name);
  };
  add(object_, "object");
  add(array_, "array");
  add(string_, "string");
  add(number_, "number");
  add(integer_ && !number_, "integer");  // every integer is a number
  add(boolean_, "boolean");
  add(null_, "null");
  return types.size() == 1 ? types[0] : types;
}

void JsonShape::describe_object(Schema& schema) const {
  if (other_members_ != nullptr) {
    schema["additionalProperties"] = other_members_->schema();
    return;
  }
  if (members_.empty()) return;
  Schema properties = Schema::object(), required = Schema::array();
  for (const auto& [name, member] : members_) {
    properties[name] = member.shape.schema();
    if (member.objects == objects_) required.push_back(name);
  }
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
}

Schema JsonShape::schema() const {
  Schema schema = Schema::object();
  const Schema all = types();
  if (any_ || (all.is_array() && all.empty())) return schema;
  schema["type"] = all;
  if (string_ && only_times_) schema["format"] = "date-time";
  if (string_ && only_uuids_) schema["format"] = "uuid";
  if (array_) schema["items"] = items_->schema();
  if (object_) describe_object(schema);
  return schema;
}

}  // namespace tracerec::convert
