#include "diff/rules.h"

#include <gtest/gtest.h>

#include "gate/approvals.h"
#include "gate/judge.h"
#include "gate/metrics.h"
#include "tests/diff/messages.h"

namespace tracerec::diff {
namespace {

Rules rules_of(const std::string& text) {
  auto rules = parse_rules(text);
  EXPECT_TRUE(rules.has_value()) << (rules ? "" : rules.error().message);
  return rules ? *rules : Rules{};
}

std::string error_of(const std::string& text) {
  const auto rules = parse_rules(text);
  return rules ? "no error" : rules.error().message;
}

Rules one_rule(const std::string& members) {
  return rules_of("{\"rules\": [{" + members + "}]}");
}

// "kind path" of each finding of one pair under these rules.
std::string findings(const Rules& rules, Message recorded, Message replayed) {
  const gate::Noise noise;
  const gate::Endpoints endpoints(rules.endpoints);
  gate::Judge judge(noise, rules, endpoints);
  judge.add_pair(pair_of(1, "/a", std::move(recorded), std::move(replayed)));
  std::string text;
  for (const gate::Finding& finding : judge.summary().findings) {
    text += (text.empty() ? "" : "; ") + std::string(name_of(finding.kind)) + " " + finding.samples.at(0).path;
  }
  return text;
}

std::string findings(const std::string& rule, const std::string& recorded, const std::string& replayed) {
  return findings(one_rule(rule), json_response(recorded), json_response(replayed));
}

TEST(RulesFile, CommentsAreAllowedAndEverythingIsRead) {
  const Rules rules = rules_of(R"({
    "$schema": "docs/rules.schema.json",
    // templates "first"
    "endpoints": ["GET /users/{name}"],
    "rules": [
      { "endpoint": "GET /*", "path": "$.a['b c'][*]..d", "tolerance": { "absolute": 0.5, "time": "5s" }, "reason": "/* no comment */" },
      /* { "bad": */
      { "header": "Server", "ignore": true }
    ],
    "approvals": [ { "signature": "12ab03112323", "reason": "x", "owner": "anna", "expires": "2027-01-31", "max": 3 } ]
  })");
  ASSERT_EQ(rules.rules.size(), 2U);
  EXPECT_EQ(rules.rules[0].reason, "/* no comment */");
  EXPECT_EQ(rules.rules[0].tolerance->time_ns, 5'000'000'000);
  EXPECT_EQ(rules.rules[1].name, "rules[1] (line 8)");
  EXPECT_EQ(rules.rules[1].location.text(), "header:Server");
  ASSERT_EQ(rules.approvals.size(), 1U);
  EXPECT_EQ(rules.approvals[0].max_count, 3U);
}

// One file for the whole project: record --redact reads its part, and leaves the others alone too.
TEST(RulesFile, WhatIsForTheRecorderIsLeftAlone) {
  const auto rules = parse_rules(R"({"redaction": {"headers": ["X-Key"]}, "approvals": []})");
  ASSERT_TRUE(rules);
  EXPECT_TRUE(rules->rules.empty());
}

TEST(RulesFile, ErrorsNameThePositionAndWhatToDo) {
  EXPECT_EQ(error_of("{\n  \"rules\": [,]\n}"),
            "line 2, column 13: this is not JSON (comments are allowed, commas before ] and } are not)");
  EXPECT_EQ(error_of("{\"rulez\": []}"),
            "line 1, column 2: there is no 'rulez' here (did you mean rules?); there are endpoints, rules, approvals, "
            "redaction");
  EXPECT_EQ(
      error_of("{\"rules\": [\n {\"path\": \"$.a\"}]}"),
      "line 2, column 2: this rule has no effect; add ignore, tolerance, unordered, keys, shape, exact or redact");
  EXPECT_EQ(error_of(R"({"rules": [{"path": "a.b", "ignore": true}]})"),
            "line 1, column 21: 'a.b' is not a valid location; write a JSONPath like $.items[*].id, header:Name, "
            "trailer:Name, "
            "body or status");
  EXPECT_NE(error_of(R"({"rules": [{"path": "$.a", "shape": "uid"}]})").find("no shape 'uid'; there are uuid, ulid"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"approvals": [{"signature": "12ab03112323"}]})").find("needs \"reason\""), std::string::npos);
  EXPECT_NE(
      error_of(R"({"approvals": [{"signature": "1", "reason": "x", "expires": "2027-02-30"}]})").find("2027-01-31"),
      std::string::npos);
  for (const char* text :
       {"", "[]", "{\"rules\": {}}", "{\"rules\": [1]}", "/*", "\"", "{\"endpoints\": [\"users\"]}",
        R"({"rules": [{"path": "$.a", "tolerance": {"absolute": -1}}]})", R"({"rules": [{"path": "$.a", "keys": []}]})",
        R"({"rules": [{"path": "$[", "ignore": true}]})"}) {
    EXPECT_FALSE(parse_rules(text)) << text;
  }
}

TEST(RulesFile, ApprovalsAreAddedWithoutTouchingTheRest) {
  const Approval approval{"12ab03112323", "say \"why\"", "anna", "2027-01-31", 5, {}};
  for (const std::string text : {"", "{}", "{ // c\n  \"rules\": []\n}\n", "{\"approvals\": []}",
                                 "{\"approvals\": [ // c\n {\"signature\": \"x\", \"reason\": \"]\"} // d\n]}"}) {
    const auto edited = add_approvals(text, {approval});
    ASSERT_TRUE(edited) << text << edited.error().message;
    const Rules rules = rules_of(*edited);
    ASSERT_FALSE(rules.approvals.empty()) << *edited;
    EXPECT_EQ(rules.approvals.back().signature, "12ab03112323") << *edited;
    EXPECT_EQ(rules.approvals.back().reason, "say \"why\"");
    EXPECT_EQ(rules.approvals.back().max_count, 5U);
    EXPECT_EQ(text.find("// c") == std::string::npos, edited->find("// c") == std::string::npos);
    const auto again = add_approvals(*edited, {approval});
    EXPECT_EQ(*again, *edited) << "the same signature is replaced";
  }
  EXPECT_FALSE(add_approvals("{\"nonsense\": 1}", {approval}));
}

std::vector<Approval> approvals(std::size_t count) {
  std::vector<Approval> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back({gate::signature_of("GET /a", std::to_string(i), Kind::kValue), "why", "", "", {}, "", ""});
  return all;
}

// Linear: ten thousand one by one would be 50 million entries read.
TEST(RulesFile, ManyApprovalsAreAddedAtOnceAndOnesOfTheSameSignatureReplaced) {
  const auto all = approvals(10'000);
  const auto first = add_approvals("{ // kept\n}", {all.begin(), all.begin() + 5'000});
  ASSERT_TRUE(first);
  const auto text = add_approvals(*first, all);
  ASSERT_TRUE(text) << text.error().message;
  const Rules rules = rules_of(*text);
  ASSERT_EQ(rules.approvals.size(), 10'000U);
  for (std::size_t i = 0; i < all.size(); i += 999) EXPECT_EQ(rules.approvals[i].signature, all[i].signature) << i;
  EXPECT_TRUE(text->starts_with("{ // kept") || text->find("// kept") != std::string::npos);
  EXPECT_TRUE(rules.approvals[9'999].name.ends_with("(line 10002)")) << rules.approvals[9'999].name;
}

TEST(RulesFile, ApprovalsThatCouldNotBeReadAgainAreNotWritten) {
  const auto text = add_approvals("", approvals(10'001));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().message, "with these approvals: line 2, column 16: more than 10,000 entries");
}

TEST(Rules, AnApprovalSaysToItsReadersWhatItIs) {
  const Approval approval{"12ab03112323", "why", "", "", {}, {}, "GET /a $.b missing: \"x\" → absent"};
  const auto text = add_approvals("", {approval});
  ASSERT_TRUE(text);
  EXPECT_NE(text->find(R"("finding": "GET /a $.b missing: \"x\" → absent")"), std::string::npos) << *text;
  EXPECT_EQ(rules_of(*text).approvals.at(0).signature, "12ab03112323");
}

TEST(Rules, IgnoreCoversWhatLiesBelow) {
  EXPECT_EQ(findings(R"("path": "$.a", "ignore": true)", R"({"a":{"b":[1]},"ab":1})", R"({"a":{"b":[2]},"ab":2})"),
            "value $.ab");
  EXPECT_EQ(findings(R"("path": "$..id", "ignore": true)", R"({"x":[{"id":1,"n":1}]})", R"({"x":[{"id":2,"n":2}]})"),
            "value $.x[0].n");
  EXPECT_EQ(findings(R"("path": "$.x[1]", "ignore": true)", R"({"x":[1,2,3]})", R"({"x":[4,5,6]})"), "value $.x[0]");
  EXPECT_EQ(findings(R"("endpoint": "GET *", "path": "$.a", "ignore": true)", R"({"a":1})", R"({"a":2})"), "value $.a");
}

Rules two_rules(const std::string& first, const std::string& second) {
  return rules_of("{\"rules\": [{" + first + "}, {" + second + "}]}");
}

TEST(Rules, TheFirstThatSpeaksDecidesAndExactSpeaksToo) {
  const std::string exact = R"("path": "$.important", "exact": true)";
  const std::string ignore = R"("path": "$", "ignore": true)";
  const auto changed = [](const Rules& rules, const char* before, const char* after) {
    return findings(rules, json_response(before), json_response(after));
  };
  constexpr const char* kBefore = R"({"important":1,"n":1})";
  constexpr const char* kAfter = R"({"important":2,"n":2})";
  EXPECT_EQ(changed(two_rules(exact, ignore), kBefore, kAfter), "value $.important");
  EXPECT_EQ(changed(two_rules(ignore, exact), kBefore, kAfter), "");
  EXPECT_EQ(changed(two_rules(exact, ignore), kBefore, R"({"n":2})"), "missing $.important");
  EXPECT_EQ(changed(two_rules(exact, ignore), R"({"important":{"a":[1]}})", R"({"important":{"a":[2]}})"),
            "value $.important.a[0]")
      << "below it";
  const std::string close = R"("path": "$.n", "tolerance": {"absolute": 0.1})";
  EXPECT_EQ(changed(two_rules(close, ignore), kBefore, kAfter), "value $.n") << "beyond the tolerance";
  EXPECT_EQ(changed(two_rules(ignore, close), kBefore, kAfter), "");
  EXPECT_EQ(changed(two_rules(close, ignore), R"({"n":"a"})", R"({"n":"b"})"), "") << "it is about numbers";
}

TEST(Rules, AnIndexCoversItsIndexOnly) {
  const std::string third = R"("path": "$[3]", "ignore": true)";
  EXPECT_EQ(findings(third, "[0,1,2,3]", "[0,1,2,9]"), "");
  EXPECT_EQ(findings(third, "[0,1,2,3]", "[0,1,2,3,4]"), "length $[4]");
  EXPECT_EQ(findings(third, "[0,1,2,4]", "[0,1,2,3,4]"), "length $[3]") << "the array is longer";
  EXPECT_EQ(findings(third, "[0,1,2,3]", "[0,1,2]"), "length $[3]");
  const std::string nested = R"("path": "$.a[0]", "ignore": true)";
  EXPECT_EQ(findings(nested, R"({"a":[[1],[2]]})", R"({"a":[[9,9],[2]]})"), "") << "what lies in it";
  const std::string first = R"("path": "$[0]", "ignore": true)";
  EXPECT_EQ(findings(first, R"([{"id":1},{"id":2},{"id":3},{"id":4}])", R"([{"id":7},{"id":8},{"id":3},{"id":4}])"),
            "value $[1].id");
}

TEST(Rules, AnIndexDoesNotHideOtherElementsThatAreGone) {
  const Rules rules = two_rules(R"("path": "$[0]", "ignore": true)", R"("path": "$", "keys": ["id"])");
  const auto list = [](const char* ids) { return json_response(ids); };
  EXPECT_EQ(findings(rules, list(R"([{"id":1},{"id":2},{"id":3}])"), list(R"([{"id":8},{"id":9},{"id":3}])")),
            "missing $[1]; added $[1]");
}

TEST(Rules, NamesByGlob) {
  const std::string urls = R"("path": "$..*_url", "ignore": true)";
  EXPECT_EQ(findings(urls, R"({"a":{"self_url":1,"url":1}})", R"({"a":{"self_url":2,"url":2}})"), "value $.a.url");
  const std::string times = R"("path": "$.items[*].*_at", "tolerance": {"time": "5s"})";
  EXPECT_EQ(
      findings(times, R"({"items":[{"made_at":1767225600,"n":1}]})", R"({"items":[{"made_at":1767225603,"n":2}]})"),
      "value $.items[0].n");
  EXPECT_EQ(findings(R"("path": "$['a*']", "ignore": true)", R"({"ab":1,"a*":1})", R"({"ab":2,"a*":2})"), "value $.ab")
      << "in quotes it is a star";
}

TEST(Rules, HeadersByGlob) {
  const auto with = [](const char* value) {
    return response(200, {{"X-Debug-Time", value}, {"x-debug-node", value}, {"X-De", value}}, "x");
  };
  EXPECT_EQ(findings(one_rule(R"("header": "X-Debug-*", "ignore": true)"), with("1"), with("2")), "value header:X-De");
  EXPECT_EQ(findings(one_rule(R"("header": "*", "ignore": true)"), with("1"), with("2")), "");
  const auto cookie = [](const char* path) {
    return response(200, {{"Set-Cookie", (std::string("sid=1; Path=") + path).c_str()}}, "x");
  };
  EXPECT_EQ(findings(one_rule(R"("header": "set-*", "ignore": true)"), cookie("/a"), cookie("/b")), "");
}

TEST(Rules, ARuleForAnArrayReachesItsElements) {
  EXPECT_EQ(findings(R"("path": "$.a", "tolerance": {"absolute": 1})", R"({"a":[1,[2]]})", R"({"a":[2,[3]]})"), "");
  EXPECT_EQ(findings(R"("path": "$.a", "tolerance": {"absolute": 1})", R"({"a":[1,{"b":1}]})", R"({"a":[9,{"b":2}]})"),
            "value $.a[0]; value $.a[1].b")
      << "not the members of objects in it";
  EXPECT_EQ(findings(R"("path": "$.a", "shape": "letters")", R"({"a":["x","y"]})", R"({"a":["z","1"]})"),
            "shape $.a[1]");
}

TEST(Rules, ToleranceOfNumbersAndTimes) {
  const std::string absolute = R"("path": "$.a", "tolerance": {"absolute": 0.1})";
  EXPECT_EQ(findings(absolute, R"({"a":0.2})", R"({"a":0.3})"), "");
  EXPECT_EQ(findings(absolute, R"({"a":0.2})", R"({"a":0.31})"), "value $.a");
  EXPECT_EQ(findings(absolute, R"({"a":0.2})", R"({"a":"0.2"})"), "type $.a");
  const std::string relative = R"("path": "$.a", "tolerance": {"relative": 0.1})";
  EXPECT_EQ(findings(relative, R"({"a":100})", R"({"a":110})"), "");
  EXPECT_EQ(findings(relative, R"({"a":100})", R"({"a":111})"), "value $.a");
  const std::string time = R"("path": "$.a", "tolerance": {"time": "5s"})";
  EXPECT_EQ(findings(time, R"({"a":"2026-01-01T00:00:00Z"})", R"({"a":"2026-01-01T01:00:04.9+01:00"})"), "");
  EXPECT_EQ(findings(time, R"({"a":"2026-01-01T00:00:00Z"})", R"({"a":"2026-01-01T00:00:06Z"})"), "value $.a");
  EXPECT_EQ(findings(time, R"({"a":1767225600})", R"({"a":1767225603})"), "") << "seconds since 1970";
  EXPECT_EQ(findings(time, R"({"a":1767225600000})", R"({"a":1767225606000})"), "value $.a") << "milliseconds";
  EXPECT_EQ(findings(time, R"({"a":"9999-12-31T00:00:00Z"})", R"({"a":"0000-00-00T00:00:00Z"})"), "value $.a");
}

TEST(Rules, UnorderedAndKeyedArrays) {
  EXPECT_EQ(findings(R"("path": "$.a", "unordered": true)", R"({"a":[1,2,3]})", R"({"a":[3,1,2]})"), "");
  EXPECT_EQ(findings(R"("path": "$.a", "unordered": true)", R"({"a":[1,2,3]})", R"({"a":[3,1,4]})"), "value $.a[1]");
  const std::string keyed = R"("path": "$.a", "keys": ["k"])";
  EXPECT_EQ(findings(keyed, R"({"a":[{"k":1,"v":1},{"k":2,"v":2},{"k":3,"v":3}]})",
                     R"({"a":[{"k":3,"v":9},{"k":1,"v":8},{"k":2,"v":2}]})"),
            "value $.a[0].v");
  EXPECT_EQ(findings(keyed, R"({"a":[{"k":1,"v":1},{"k":2,"v":2}]})", R"({"a":[{"k":1,"v":1},{"k":3,"v":2}]})"),
            "missing $.a[1]; added $.a[1]");
}

TEST(Rules, KeysAreInferredWhenMostAreStillThere) {
  const std::string none = R"("path": "$.zzz", "ignore": true)";
  EXPECT_EQ(findings(none, R"([{"id":1,"v":1},{"id":2,"v":2},{"id":3,"v":3}])",
                     R"([{"id":3,"v":30},{"id":1,"v":10},{"id":2,"v":20}])"),
            "value $[0].v; order $");
  EXPECT_EQ(findings(none, R"([{"id":1,"v":1},{"id":2,"v":2}])", R"([{"id":7,"v":1},{"id":8,"v":2}])"), "value $[0].id")
      << "ids that are all new are no keys";
}

TEST(Rules, ShapeIsEnforced) {
  const std::string uuid = R"("path": "$.a", "shape": "uuid")";
  EXPECT_EQ(findings(uuid, R"({"a":"x"})", R"({"a":"123e4567-e89b-12d3-a456-426614174000"})"), "");
  EXPECT_EQ(findings(uuid, R"({"a":"123e4567-e89b-12d3-a456-426614174000"})", R"({"a":"123e4567"})"), "shape $.a");
  EXPECT_EQ(findings(R"("path": "$.a", "shape": {"is": "hex", "length": 4})", R"({"a":"0000"})", R"({"a":"00ff1"})"),
            "shape $.a");
}

TEST(Rules, HeadersInAnyCaseAndExactly) {
  const auto with = [](const char* name, const char* value) { return response(200, {{name, value}}, "x"); };
  EXPECT_EQ(findings(one_rule(R"("header": "SERVER", "ignore": true)"), with("Server", "a"), with("server", "b")), "");
  EXPECT_EQ(findings(one_rule(R"("header": "etag", "exact": true)"), with("ETag", "a"), with("ETag", "b")),
            "value header:Etag");
  EXPECT_EQ(findings(one_rule(R"("header": "x", "ignore": true)"), with("ETag", "a"), with("ETag", "b")), "");
}

TEST(Rules, RedactedValuesAreComparedButNotShown) {
  const Rules rules = one_rule(R"("path": "$.email", "redact": true)");
  const gate::Noise noise;
  const gate::Endpoints endpoints;
  gate::Judge judge(noise, rules, endpoints);
  judge.add_pair(pair_of(1, "/a", json_response(R"({"email":"a@b"})"), json_response(R"({"email":"c@d"})")));
  const gate::Summary summary = judge.summary();
  ASSERT_EQ(summary.findings.size(), 1U);
  EXPECT_EQ(summary.findings[0].samples[0].recorded, "(redacted)");
}

// What is around a hidden value must not show it: a list that is gone, an object that became null, an element that was
// removed, a document in a string.
TEST(Rules, RedactedValuesAreNotShownByWhatIsAroundThem) {
  for (const char* path : {"$..email", "$.list[*].email", "$.user.email", "$.text.json().email"}) {
    const Rules rules = one_rule("\"path\": \"" + std::string(path) + "\", \"redact\": true");
    const gate::Noise noise;
    const gate::Endpoints endpoints;
    gate::Judge judge(noise, rules, endpoints);
    const auto add = [&](const char* recorded, const char* replayed) {
      judge.add_pair(pair_of(1, "/a", json_response(recorded), json_response(replayed)));
    };
    const std::string_view of(path);
    const bool any = of == "$..email";
    if (any || of == "$.list[*].email") {
      add(R"({"list":[{"email":"hidden@x"}]})", "{}");
      add(R"({"list":[{"email":"hidden@x"},{"email":"hidden@y"}]})", R"({"list":[{"email":"hidden@y"}]})");
    }
    if (any || of == "$.user.email") {
      add(R"({"user":{"email":"hidden@x","n":1}})", R"({"user":null})");
      add("{}", R"({"user":{"email":"hidden@x"}})");
    }
    if (any || of == "$.text.json().email") add(R"({"text":"{\"email\":\"hidden@x\"}"})", R"({"text":7})");
    const gate::Summary summary = judge.summary();
    EXPECT_FALSE(summary.findings.empty()) << path;
    for (const gate::Finding& finding : summary.findings) {
      for (const gate::Sample& sample : finding.samples) {
        const std::string all = sample.recorded + sample.replayed + sample.note;
        EXPECT_EQ(all.find("hidden"), std::string::npos) << path << " " << finding.location << ": " << all;
      }
    }
  }
}

TEST(Rules, OtherValuesAreShownBesideRedactedOnes) {
  const Rules rules = one_rule(R"("path": "$.user.email", "redact": true)");
  const gate::Noise noise;
  const gate::Endpoints endpoints;
  gate::Judge judge(noise, rules, endpoints);
  judge.add_pair(pair_of(1, "/a", json_response(R"({"user":1,"other":{"a":[1]}})"), json_response(R"({"user":2})")));
  for (const gate::Finding& finding : judge.summary().findings) EXPECT_FALSE(is_redacted(finding.samples.at(0)));
}

TEST(Rules, OverBroadAndUselessOnesAreNamed) {
  const Rules rules = rules_of(R"({"rules": [
    {"path": "$.gone", "ignore": true},
    {"path": "$.a", "ignore": true},
    {"path": "$.deep", "ignore": true},
    {"path": "$.still", "ignore": true},
    {"path": "$.list", "unordered": true}]})");
  const gate::Noise noise;
  const gate::Endpoints endpoints;
  gate::Judge judge(noise, rules, endpoints);
  judge.add_pair(pair_of(1, "/a", json_response(R"({"a":1,"deep":{"x":1,"y":2},"still":1,"list":[1]})"),
                         json_response(R"({"a":2,"deep":{"x":9,"y":2},"still":1,"list":[1]})")));
  const gate::Summary summary = judge.summary();
  EXPECT_NE(summary.rules[0].problem.find("matches nothing"), std::string::npos);
  EXPECT_EQ(summary.rules[1].problem, "");
  EXPECT_EQ(summary.rules[2].problem, "too broad: 1 of the 2 locations that it covers never varied");
  EXPECT_EQ(summary.rules[2].quiet_examples, std::vector<std::string>{"POST /a $.deep.y"});
  EXPECT_NE(summary.rules[3].problem.find("never varied"), std::string::npos);
  EXPECT_EQ(summary.rules[4].problem, "");
  EXPECT_EQ(gate::metrics_of(summary).at("rules.problems"), 3);
}

gate::Summary with_approvals(const std::string& approvals, const std::string& today) {
  const Rules rules = rules_of("{\"approvals\": [" + approvals + "]}");
  const gate::Noise noise;
  const gate::Endpoints endpoints;
  gate::Judge judge(noise, rules, endpoints);
  for (int id = 1; id <= 3; ++id) judge.add_pair(pair_of(id, "/a", json_response("[1]"), json_response("[2]")));
  gate::Summary summary = judge.summary();
  gate::apply_approvals(rules, today, summary);
  return summary;
}

TEST(Approvals, CountUntilTheyExpireOrAreExceeded) {
  const std::string signature = gate::signature_of("POST /a", "$[*]", Kind::kValue);
  const auto approval = [&](const std::string& more) {
    return R"({"signature": ")" + signature + R"(", "reason": "r")" + more + "}";
  };
  const gate::Summary good = with_approvals(approval(R"(, "expires": "2026-12-31", "max": 3)"), "2026-12-31");
  EXPECT_TRUE(good.findings.empty());
  ASSERT_EQ(good.approved.size(), 1U);
  EXPECT_EQ(good.approvals.at(0).problem, "");
  EXPECT_EQ(gate::metrics_of(good).at("findings.approved"), 1);
  const gate::Summary expired = with_approvals(approval(R"(, "expires": "2026-12-31")"), "2027-01-01");
  EXPECT_EQ(expired.findings.size(), 1U);
  EXPECT_NE(expired.approvals.at(0).problem.find("expired on 2026-12-31"), std::string::npos);
  EXPECT_EQ(with_approvals(approval(R"(, "max": 2)"), "2026-01-01").findings.size(), 1U);
  const gate::Summary unused = with_approvals(R"({"signature": "000000000000", "reason": "r"})", "2026-01-01");
  EXPECT_NE(unused.approvals.at(0).problem.find("unused"), std::string::npos);
}

}  // namespace
}  // namespace tracerec::diff
