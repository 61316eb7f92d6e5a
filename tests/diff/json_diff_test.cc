#include "diff/json_diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/diff/differences.h"

namespace tracerec::diff {
namespace {

TEST(JsonDiff, EqualDocumentsGiveNothing) {
  EXPECT_TRUE(diff_texts(R"({"a":[1,{"b":null}]})", R"( { "a" : [ 1 , { "b" : null } ] } )").kept.empty());
  EXPECT_TRUE(diff_texts(R"(["\u0041"])", R"(["A"])").kept.empty());
}

TEST(JsonDiff, KindsAndLocations) {
  EXPECT_EQ(diff_texts(R"({"a":1,"b":2})", R"({"a":1})").brief(), Lines{"missing $.b"});
  EXPECT_EQ(diff_texts(R"({"a":1})", R"({"a":1,"c":{}})").brief(), Lines{"added $.c"});
  EXPECT_EQ(diff_texts(R"({"a":1})", R"({"a":"1"})").brief(), Lines{"type $.a"});
  EXPECT_EQ(diff_texts(R"({"a":null})", R"({"a":false})").brief(), Lines{"type $.a"});
  EXPECT_EQ(diff_texts(R"({"a":"x"})", R"({"a":"y"})").brief(), Lines{"value $.a"});
  EXPECT_EQ(diff_texts(R"({"a":true})", R"({"a":false})").brief(), Lines{"value $.a"});
  EXPECT_EQ(diff_texts(R"([1,2,3])", R"([3,2,1])").brief(), Lines{"order $"});
  EXPECT_EQ(diff_texts(R"({"a":[1,2]})", R"({"a":[1,2,3]})").brief(), Lines{"length $.a[2]"});
  EXPECT_EQ(diff_texts("1", "1.0").brief(), Lines{"representation $"});
  EXPECT_EQ(diff_texts("[9223372036854775809]", "[9223372036854775808]").brief(), Lines{"value $[0]"});
  EXPECT_EQ(diff_texts(R"({"old":1})", R"({"new":1})").brief(), (Lines{"added $.new", "missing $.old"}));
}

TEST(JsonDiff, LocationsShareIndices) {
  const auto sink = diff_texts(R"({"items":[{"n":1},{"n":2}]})", R"({"items":[{"n":7},{"n":8}]})");
  ASSERT_EQ(sink.kept.size(), 2U);
  EXPECT_EQ(sink.kept[0].location, "$.items[*].n");
  EXPECT_EQ(sink.kept[1].location, "$.items[*].n");
  EXPECT_EQ(sink.kept[1].path, "$.items[1].n");
}

TEST(JsonDiff, OddNamesAreQuoted) {
  EXPECT_EQ(diff_texts(R"({"a b":1})", R"({"a b":2})").brief(), Lines{"value $['a b']"});
  EXPECT_EQ(diff_texts(R"({"it's\n":1})", R"({"it's\n":2})").brief(), Lines{R"(value $['it\'s\u000a'])"});
  EXPECT_EQ(diff_texts(R"({"":1})", R"({"":2})").brief(), Lines{"value $['']"});
  EXPECT_EQ(diff_texts(R"({"1a":1})", R"({"1a":2})").brief(), Lines{"value $['1a']"});
  EXPECT_EQ(diff_texts(R"({"é":1})", R"({"é":2})").brief(), Lines{"value $.é"});
}

TEST(JsonDiff, MemberOrderMeansNothingButIsCounted) {
  const auto sink = diff_texts(R"({"a":1,"b":{"c":1,"d":2}})", R"({"b":{"d":2,"c":1},"a":1})");
  EXPECT_TRUE(sink.kept.empty());
  EXPECT_EQ(sink.not_compared, Lines{"member_order"});
}

TEST(JsonDiff, RepeatedNamesAreComparedInOrder) {
  EXPECT_TRUE(diff_texts(R"({"a":1,"a":2})", R"({"a":1,"a":2})").kept.empty());
  EXPECT_EQ(diff_texts(R"({"a":1,"a":2})", R"({"a":2,"a":1})").kept.size(), 2U);
  EXPECT_EQ(diff_texts(R"({"a":1,"a":2})", R"({"a":1})").brief(), Lines{"missing $.a"});
  EXPECT_EQ(diff_texts(R"([{"a":1,"a":2}])", R"([{"a":2,"a":1}])").kept.size(), 2U);
}

TEST(JsonDiff, InsertionInFrontIsOneDifference) {
  std::string before = "[", after = R"([{"id":-1,"name":"new"},)";
  for (int i = 0; i < 10000; ++i) {
    const std::string element = R"({"id":)" + std::to_string(i) + R"(,"name":"n)" + std::to_string(i) + R"("})";
    before += (i ? "," : "") + element;
    after += (i ? "," : "") + element;
  }
  const auto sink = diff_texts(before + "]", after + "]");
  ASSERT_EQ(sink.brief(), Lines{"length $[0]"});
  EXPECT_EQ(sink.kept[0].location, "$");
  EXPECT_EQ(sink.kept[0].note, R"(first added: {"id":-1,"name":"new"})");
}

// Hostile shapes: neither deep chains nor arrays without anything in common may take more than a moment.
TEST(JsonDiff, HostileShapesStayLinear) {
  const std::string deep_a = std::string(999, '[') + "\"" + std::string(1 << 20, 'x') + "1\"" + std::string(999, ']');
  const std::string deep_b = std::string(999, '[') + "\"" + std::string(1 << 20, 'x') + "2\"" + std::string(999, ']');
  EXPECT_EQ(diff_texts(deep_a, deep_b).kept.size(), 1U);
  std::string left = "[0", right = "[0.5";
  for (int i = 1; i < 100000; ++i) {
    left += "," + std::to_string(i);
    right += "," + std::to_string(-i);
  }
  const KeepDifferences many = diff_texts(left + "]", right + "]");
  EXPECT_EQ(many.kept.size(), kMaxDifferences);
  EXPECT_EQ(many.not_compared, Lines{"truncated"}) << "the rest is left out, but not in silence";
}

// ---- Random documents, one known mutation each, and a comparison so simple that it must be right.

using Json = nlohmann::ordered_json;

Json random_document(std::mt19937& random, int depth) {
  const auto pick = random() % (depth > 0 ? 7 : 5);
  if (pick == 0) return nullptr;
  if (pick == 1) return random() % 2 == 0;
  if (pick == 2) return static_cast<int>(random() % 5);
  if (pick == 3) return std::string(random() % 3, 'a');
  if (pick == 4) return 0.25 + static_cast<double>(random() % 3);
  Json value = pick == 5 ? Json::array() : Json::object();
  for (std::size_t left = random() % 5; left > 0; --left) {
    if (pick == 5) {
      value.push_back(random_document(random, depth - 1));
    } else {
      value["k" + std::to_string(random() % 9)] = random_document(random, depth - 1);
    }
  }
  return value;
}

std::string member_path(const std::string& path, const std::string& name) {
  return path + "." + name;
}

// All values of a document with their paths.
void collect(Json& value, const std::string& path, std::vector<std::pair<std::string, Json*>>& into) {
  into.emplace_back(path, &value);
  if (value.is_object()) {
    for (auto& [name, child] : value.items()) collect(child, member_path(path, name), into);
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect(value[i], path + "[" + std::to_string(i) + "]", into);
  }
}

// Changes one location; says what must be found, or "" when there was nothing to change.
std::string mutate(Json& document, std::mt19937& random) {
  std::vector<std::pair<std::string, Json*>> places;
  collect(document, "$", places);
  auto& [path, value] = places[random() % places.size()];
  switch (random() % 4) {
    case 0:
      if (value->is_object()) {
        (*value)["brand_new"] = 1;
        return "added " + path + ".brand_new";
      }
      [[fallthrough]];
    case 1:
      if (value->is_object() && !value->empty()) {
        const std::string name = value->begin().key();
        value->erase(value->begin());
        return "missing " + path + "." + name;
      }
      [[fallthrough]];
    case 2:
      if (value->is_array()) {
        value->insert(value->begin() + static_cast<int>(random() % (value->size() + 1)), "brand new");
        return "length " + path + "[";
      }
      [[fallthrough]];
    default:
      if (value->is_string()) {
        *value = "another";
        return "value " + path;
      }
      *value = "another type";
      return "type " + path;
  }
}

// Same locations, same order of elements, names in any order.
bool naive_equal(const Json& a, const Json& b) {
  if (a.is_object() && b.is_object()) {
    if (a.size() != b.size()) return false;
    for (const auto& [name, value] : a.items()) {
      if (!b.contains(name) || !naive_equal(value, b[name])) return false;
    }
    return true;
  }
  if (a.is_array() && b.is_array()) return std::equal(a.begin(), a.end(), b.begin(), b.end(), naive_equal);
  return a.dump() == b.dump();
}

TEST(JsonDiff, EveryMutantIsFoundAtItsLocation) {
  std::mt19937 random(2024);
  for (int round = 0; round < 20000; ++round) {
    const Json before = random_document(random, 4);
    Json after = before;
    const std::string expected = mutate(after, random);
    const auto sink = diff_texts(before.dump(), after.dump());
    ASSERT_EQ(sink.kept.size(), 1U) << expected << "\n" << before << "\n" << after;
    ASSERT_TRUE(sink.brief()[0].starts_with(expected)) << sink.brief()[0] << " for " << expected << "\n"
                                                       << before << "\n"
                                                       << after;
  }
}

TEST(JsonDiff, AgreesWithANaiveComparisonOnAnyTwoDocuments) {
  std::mt19937 random(99);
  int equal = 0;
  for (int round = 0; round < 50000; ++round) {
    const Json a = random_document(random, 2);
    const Json b = random_document(random, 2);
    equal += naive_equal(a, b);
    ASSERT_EQ(diff_texts(a.dump(), b.dump()).kept.empty(), naive_equal(a, b)) << a << "\n" << b;
  }
  EXPECT_GT(equal, 500);
}

TEST(JsonDiff, SeveralMutationsAreAllFound) {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    Json before = Json::object();
    for (int i = 0; i < 20; ++i) before["m" + std::to_string(i)] = random_document(random, 3);
    Json after = before;
    Lines expected;
    for (int i = 0; i < 20; i += 1 + static_cast<int>(random() % 6)) {
      const std::string name = "m" + std::to_string(i);
      Json member = after[name];
      std::string found = mutate(member, random);
      after[name] = member;
      expected.push_back(found.replace(found.find('$'), 1, "$." + name));
    }
    const auto sink = diff_texts(before.dump(), after.dump());
    ASSERT_EQ(sink.kept.size(), expected.size());
    for (const std::string& one : expected) {
      const Lines lines = sink.brief();
      ASSERT_TRUE(std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(one); }))
          << one;
    }
  }
}

}  // namespace
}  // namespace tracerec::diff
