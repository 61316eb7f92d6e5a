#include "convert/json_shape.h"

#include <gtest/gtest.h>

namespace tracerec::convert {
namespace {

using nlohmann::json;

json schema_of(std::initializer_list<const char*> documents) {
  JsonShape shape;
  for (const char* document : documents) shape.add(json::parse(document));
  return json::parse(shape.schema().dump());
}

TEST(JsonShape, Kinds) {
  EXPECT_EQ(schema_of({"1"}), json::parse(R"({"type":"integer"})"));
  EXPECT_EQ(schema_of({"1", "1.5"}), json::parse(R"({"type":"number"})"));
  EXPECT_EQ(schema_of({"\"a\"", "null"}), json::parse(R"({"type":["string","null"]})"));
  EXPECT_EQ(schema_of({"true"}), json::parse(R"({"type":"boolean"})"));
  EXPECT_EQ(schema_of({}), json::object());
}

TEST(JsonShape, AMemberOfEveryObjectIsRequired) {
  EXPECT_EQ(
      schema_of({R"({"a":1,"b":"x"})", R"({"a":2})"}),
      json::parse(R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a"]})"));
}

TEST(JsonShape, ElementsShareASchema) {
  EXPECT_EQ(
      schema_of({"[1,\"a\",[true]]"}),
      json::parse(R"({"type":"array","items":{"type":["array","string","integer"],"items":{"type":"boolean"}}})"));
  EXPECT_EQ(schema_of({"[]"}), json::parse(R"({"type":"array","items":{}})"));
}

TEST(JsonShape, FormatsHoldForAll) {
  EXPECT_EQ(schema_of({"\"2026-03-01T12:00:00Z\"", "\"2026-03-01T12:00:00.5+02:00\""}),
            json::parse(R"({"type":"string","format":"date-time"})"));
  EXPECT_EQ(schema_of({"\"2026-03-01T12:00:00Z\"", "\"later\""}), json::parse(R"({"type":"string"})"));
  EXPECT_EQ(schema_of({"\"123e4567-e89b-12d3-a456-426614174000\""}),
            json::parse(R"({"type":"string","format":"uuid"})"));
}

// An object whose names are data.
TEST(JsonShape, ManyNamesAreAMap) {
  JsonShape shape;
  json object = json::object();
  for (int i = 0; i < 5000; ++i) object["user" + std::to_string(i)] = json{{"age", i}};
  shape.add(object);
  EXPECT_EQ(
      json::parse(shape.schema().dump()),
      json::parse(R"({"type":"object","additionalProperties":{"type":"object","properties":{"age":{"type":"integer"}},)"
                  R"("required":["age"]}})"));
}

// Names that differ from object to object, one below the other: memory is what is described, not what was seen.
TEST(JsonShape, MapsOfMapsStaySmall) {
  JsonShape shape;
  for (int i = 0; i < 300; ++i) {
    json inner = json::object();
    for (int k = 0; k < 30; ++k) inner["k" + std::to_string(i * 30 + k)] = k;
    shape.add({{"o" + std::to_string(i), inner}});
  }
  EXPECT_EQ(json::parse(shape.schema().dump()),
            json::parse(R"({"type":"object","additionalProperties":{"type":"object","additionalProperties":)"
                        R"({"type":"integer"}}})"));
}

TEST(JsonShape, DeepDocumentsEnd) {
  JsonShape shape;
  shape.add(json::parse(std::string(2000, '[') + std::string(2000, ']')));
  EXPECT_LT(shape.schema().dump().size(), 5000U);
}

}  // namespace
}  // namespace tracerec::convert
