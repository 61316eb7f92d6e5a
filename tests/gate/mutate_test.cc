#include "gate/mutate.h"

#include <gtest/gtest.h>

#include <set>

#include "body/json_document.h"
#include "gate/mutation_test.h"
#include "tests/diff/messages.h"

namespace tracerec::gate {
namespace {

using diff::json_response;
using diff::pair_of;
using diff::response;

TEST(Mutate, EveryMutationIsAnotherValidResponse) {
  const std::string body = R"({"a":[1,{"b":"x"},[ ] ],"c":null,"d":"\n","e":{"only":true},"f":-1.5})";
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const auto kind = static_cast<MutationKind>(i % kMutationKinds);
    const auto mutation = mutate(json_response(body), "GET", kind, random);
    ASSERT_TRUE(mutation) << name_of(kind);
    EXPECT_TRUE(mutation->response.body != body || mutation->response.status != 200) << name_of(kind);
    EXPECT_TRUE(body::JsonDocument::parse(mutation->response.body)) << name_of(kind) << " " << mutation->response.body;
    const Noise noise;
    Judge judge(noise);
    judge.add_pair(pair_of(1, "/a", json_response(body), mutation->response));
    EXPECT_FALSE(judge.summary().findings.empty()) << name_of(kind) << " " << mutation->response.body;
  }
}

struct Form {
  const char* type;
  std::string body;
  std::size_t kinds;  // of MutationKind that it has a location for, the status left aside
};

std::vector<Form> forms() {
  return {
      {"application/x-www-form-urlencoded", "a=1&b%20c=%41bc&d=x", 4},
      {"multipart/form-data; boundary=B",
       "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nhello\r\n--B\r\nContent-Type: "
       "application/json\r\n\r\n{\"a\":[1,2]}\r\n--B--\r\n",
       4},
      {"application/x-ndjson", "{\"a\":1,\"b\":\"xyz\"}\n{\"a\":[1,2]}\n", 4},
      {"text/event-stream", "event: n\ndata: {\"n\":\"abc\"}\n\ndata: plain\n\n", 4},
      {"application/xml", "<?xml version=\"1.0\"?><r a=\"x&amp;1\"><i>5</i><i k='v'>&lt;text</i><!-- c --></r>", 4},
      {"text/html", "<!DOCTYPE html><html><body><p class=\"a\">one<br>two</p><b>three</b><script>x=1</script></body>",
       4},
      {"text/plain", "first line\n\nsecond line\n", 3},
      {"application/x-protobuf", std::string("\x08\x96\x01\x12\x02hi", 7), 2},
  };
}

TEST(Mutate, EveryFormOfBodyIsMutatedAndKilled) {
  for (const Form& form : forms()) {
    const diff::Message recorded = response(200, {{"Content-Type", form.type}}, form.body);
    std::mt19937_64 random(1);
    std::set<std::size_t> kinds;
    std::set<std::string> bodies;
    for (std::size_t i = 0; i < 400; ++i) {
      const auto kind = static_cast<MutationKind>(i % kMutationKinds);
      const auto mutation = mutate(recorded, "GET", kind, random);
      if (!mutation || kind == MutationKind::kChangeStatus) continue;
      kinds.insert(i % kMutationKinds);
      bodies.insert(mutation->response.body);
      const Noise noise;
      Judge judge(noise);
      judge.add_pair(pair_of(1, "/a", recorded, mutation->response));
      ASSERT_FALSE(judge.summary().findings.empty())
          << form.type << " " << name_of(kind) << " at " << mutation->location << ": " << mutation->response.body;
      for (const Finding& finding : judge.summary().findings) {
        EXPECT_NE(finding.location, form.kinds == 4 ? "body" : "") << "still of its form: " << mutation->response.body;
      }
    }
    EXPECT_EQ(kinds.size(), form.kinds) << form.type;
    EXPECT_GE(bodies.size(), 4U) << form.type;
  }
}

// Where a survivor is said to be must be where a finding would be.
TEST(Mutate, LocationsAreThoseOfFindings) {
  for (const Form& form : forms()) {
    const diff::Message recorded = response(200, {{"Content-Type", form.type}}, form.body);
    std::mt19937_64 random(2);
    for (int i = 0; i < 200; ++i) {
      const auto mutation = mutate(recorded, "GET", MutationKind::kChangeValue, random);
      if (!mutation || form.kinds < 4) continue;
      const Noise noise;
      Judge judge(noise);
      judge.add_pair(pair_of(1, "/a", recorded, mutation->response));
      std::string found;
      for (const Finding& finding : judge.summary().findings) found += finding.location + " ";
      EXPECT_EQ(found, mutation->location + " ") << mutation->response.body;
    }
  }
}

// A broken escape would be noticed by anybody.
TEST(Mutate, EscapesStayWhole) {
  const diff::Message form = response(200, {{"Content-Type", "application/x-www-form-urlencoded"}}, "a=%41b&c=%C3%A9d");
  const diff::Message xml = response(200, {{"Content-Type", "application/xml"}}, "<r a=\"&amp;x\"><i>&lt;y</i></r>");
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    const auto kind = i % 2 == 0 ? MutationKind::kChangeValue : MutationKind::kChangeLength;
    const std::string fields = mutate(form, "GET", kind, random)->response.body;
    EXPECT_NE(fields.find("%41"), std::string::npos) << fields;
    EXPECT_NE(fields.find("%C3%A9"), std::string::npos) << fields;
    const std::string markup = mutate(xml, "GET", kind, random)->response.body;
    EXPECT_NE(markup.find("&amp;"), std::string::npos) << markup;
    EXPECT_NE(markup.find("&lt;"), std::string::npos) << markup;
    const std::string dropped = mutate(form, "GET", MutationKind::kDropKey, random)->response.body;
    EXPECT_TRUE(dropped == "a=%41b" || dropped == "c=%C3%A9d") << dropped;
  }
}

TEST(Mutate, NothingToMutate) {
  std::mt19937_64 random(1);
  EXPECT_FALSE(mutate(json_response("7"), "GET", MutationKind::kDropKey, random));
  EXPECT_FALSE(mutate(response(204, {}, ""), "GET", MutationKind::kChangeValue, random));
  EXPECT_TRUE(mutate(response(204, {}, ""), "GET", MutationKind::kChangeStatus, random));
  EXPECT_TRUE(mutate(response(200, {}, "text"), "GET", MutationKind::kChangeLength, random));
}

TEST(MutationTest, IgnoredLocationsSurviveAndAreNamed) {
  const auto rules = diff::parse_rules(R"({"rules": [{"path": "$.a", "ignore": true}]})");
  ASSERT_TRUE(rules);
  const Noise noise;
  const Endpoints endpoints;
  const auto test = [&](std::uint64_t seed) {
    MutationTest mutations(noise, *rules, endpoints, "2026-01-01", seed);
    for (int i = 0; i < 20; ++i) mutations.add(pair_of(i, "/a", json_response(R"({"a":1,"b":"x"})"), {}), 5);
    return mutations.result();
  };
  const MutationResult result = test(7);
  EXPECT_EQ(result.tried, 100U);
  EXPECT_LT(result.killed, result.tried);
  EXPECT_GT(result.score(), 0.5);
  for (const Survivor& survivor : result.survivors) EXPECT_EQ(survivor.location, "$.a");
  EXPECT_EQ(test(7).killed, result.killed) << "the same seed, the same mutations";
}

}  // namespace
}  // namespace tracerec::gate
