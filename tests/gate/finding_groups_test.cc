#include "gate/finding_groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "gate/group_order.h"
#include "gate/location_name.h"
#include "gate/sample_values.h"

namespace tracerec::gate {
namespace {

using diff::Kind;

Severity usual_severity(Kind kind) {
  if (kind == Kind::kMissing || kind == Kind::kType || kind == Kind::kStatus) return Severity::kHigh;
  return kind == Kind::kOrder || kind == Kind::kRepresentation ? Severity::kLow : Severity::kMedium;
}

Finding finding(std::string endpoint, std::string location, Kind kind, std::string before, std::string after,
                std::int64_t exchange = 1, std::uint64_t exchanges = 3) {
  Finding one;
  one.endpoint = std::move(endpoint);
  one.location = location;
  one.kind = kind;
  one.severity = usual_severity(kind);
  one.exchanges = one.differences = exchanges;
  one.samples.push_back({exchange, std::move(location), std::move(before), std::move(after), ""});
  return one;
}

Finding missing(const char* endpoint, const char* location, const char* value, std::int64_t exchange = 1) {
  return finding(endpoint, location, Kind::kMissing, value, "", exchange);
}
Finding added(const char* endpoint, const char* location, const char* value, std::int64_t exchange = 1) {
  return finding(endpoint, location, Kind::kAdded, "", value, exchange);
}

// A group hides nothing: every finding is in exactly one.
std::vector<FindingGroup> groups_of(const std::vector<Finding>& findings) {
  auto groups = group_findings(findings);
  std::vector<std::size_t> members;
  for (const FindingGroup& one : groups) members.insert(members.end(), one.members.begin(), one.members.end());
  std::sort(members.begin(), members.end());
  EXPECT_EQ(members.size(), findings.size());
  EXPECT_EQ(std::adjacent_find(members.begin(), members.end()), members.end());
  return groups;
}

TEST(FindingGroups, ARenameAcrossEndpointsIsOne) {
  const auto groups = groups_of({missing("GET /orders", "$[*].customer", "\"cleo\"", 4),
                                 missing("POST /orders", "$.customer", "\"anna\"", 7),
                                 added("GET /orders", "$[*].customerName", "\"cleo\"", 4),
                                 added("POST /orders", "$.customerName", "\"anna\"", 7)});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].cause, Cause::kRename);
  EXPECT_EQ(groups[0].before, "customer");
  EXPECT_EQ(groups[0].after, "customerName");
  EXPECT_EQ(groups[0].severity, Severity::kHigh);
  EXPECT_EQ(groups[0].exchanges, 6U);
  EXPECT_EQ(groups[0].endpoints, (std::vector<std::string>{"GET /orders", "POST /orders"}));
  EXPECT_EQ(groups[0].members.front(), 0U) << "what is missing comes first";
}

TEST(FindingGroups, OtherValuesOrOtherResponsesAreNoRename) {
  EXPECT_EQ(groups_of({missing("GET /a", "$.x", "\"one\""), added("GET /a", "$.y", "\"two\"")}).size(), 2U);
  EXPECT_EQ(groups_of({missing("GET /a", "$.x", "\"one\"", 1), added("GET /a", "$.y", "\"one\"", 2)}).size(), 2U);
  EXPECT_EQ(groups_of({missing("GET /a", "$.x", "\"one\""), added("GET /b", "$.y", "\"one\"")}).size(), 2U);
  EXPECT_EQ(groups_of({missing("GET /a", "$.p.x", "\"one\""), added("GET /a", "$.q.y", "\"one\"")}).size(), 2U);
}

// Ids and tokens are others in every run.
// The samples are the first three of many.
TEST(FindingGroups, ARenameMustHoldForValuesThatAreNoSamples) {
  const auto moved = [](const char* location, Kind kind, const char* last) {
    Finding one =
        kind == Kind::kMissing ? missing("GET /u", location, "\"anna\"") : added("GET /u", location, "\"anna\"");
    for (const char* const text : {"anna", last}) {
      diff::Difference difference;
      difference.kind = kind;
      difference.location = difference.path = location;
      (kind == Kind::kMissing ? difference.recorded : difference.replayed) = {body::ValueType::kString, text, text};
      one.all.add(1, difference);
    }
    return one;
  };
  const Finding before = moved("$.name", Kind::kMissing, "bob");
  EXPECT_EQ(groups_of({before, moved("$.full_name", Kind::kAdded, "bob")}).size(), 1U);
  EXPECT_EQ(groups_of({before, moved("$.full_name", Kind::kAdded, "SYSTEM ERROR")}).size(), 2U);
}

TEST(FindingGroups, ARenamedFieldWhoseValuesVaryIsOneWhenNothingElseFits) {
  const auto gone = missing("GET /a", "$.answer", "\"kTqZwErTy\""),
             there = added("GET /a", "$.response", "\"pLmOkNiJb\"");
  EXPECT_EQ(groups_of({gone, there}).size(), 1U);
  EXPECT_EQ(groups_of({gone, there, added("GET /a", "$.more", "1")}).size(), 3U);
  EXPECT_EQ(groups_of({gone, added("GET /a", "$.response", "\"a longer sentence\"")}).size(), 2U);
  EXPECT_EQ(groups_of({missing("GET /a", "$.a", "\"yes\""), added("GET /a", "$.b", "\"not\"")}).size(), 2U);
}

TEST(FindingGroups, HiddenValuesAreNotKnownToBeEqual) {
  auto gone = missing("GET /a", "$.x", ""), there = added("GET /a", "$.y", "");
  for (Finding* one : {&gone, &there}) one->samples[0].recorded = one->samples[0].replayed = kRedactedValue;
  EXPECT_EQ(groups_of({gone, there}).size(), 2U);
}

// active: true is gone and cached: true is new: that is two changes, as far as anybody can know.
TEST(FindingGroups, ValuesThatSayLittleAreNoEvidenceOfARename) {
  EXPECT_EQ(groups_of({missing("GET /a", "$.active", "true"), added("GET /a", "$.cached", "true")}).size(), 2U);
}

TEST(FindingGroups, ANameThatIsCertainElsewhereSettlesWhatFitsSeveral) {
  const auto groups =
      groups_of({missing("GET /a", "$.first", "\"same\"", 1), missing("GET /a", "$.last", "\"same\"", 1),
                 missing("GET /b", "$.first", "\"ann\"", 2), missing("GET /b", "$.last", "\"bee\"", 2),
                 added("GET /a", "$.given", "\"same\"", 1), added("GET /a", "$.family", "\"same\"", 1),
                 added("GET /b", "$.given", "\"ann\"", 2), added("GET /b", "$.family", "\"bee\"", 2)});
  ASSERT_EQ(groups.size(), 2U);
  for (const FindingGroup& one : groups) {
    EXPECT_EQ(one.members.size(), 4U);
    EXPECT_EQ(one.before == "first", one.after == "given");
  }
}

TEST(FindingGroups, ARenamedHeaderIsOne) {
  const auto groups =
      groups_of({missing("GET /a", "header:X-Trace", "abc-1"), added("GET /a", "header:Trace", "abc-1")});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].before, "X-Trace");
}

TEST(FindingGroups, ATypeThatChangedAtSeveralEndpointsIsOne) {
  const auto groups = groups_of({finding("GET /catalog", "$.items[*].price", Kind::kType, "10", "\"10\""),
                                 finding("GET /items/{id}", "$.price", Kind::kType, "12.5", "\"12.5\""),
                                 finding("GET /items/{id}", "$.price2", Kind::kType, "12.5", "\"12.5\""),
                                 finding("GET /x", "$.price", Kind::kType, "{}", "null")});
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].cause, Cause::kSharedChange);
  EXPECT_EQ(groups[0].name, "price");
  EXPECT_EQ(groups[0].members, (std::vector<std::size_t>{0, 1}));
}

TEST(FindingGroups, AHeaderThatIsMissingEverywhereIsOne) {
  const auto groups = groups_of({missing("GET /a", "header:X-Id", "1"), missing("GET /b", "header:X-Id", "2")});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].name, "X-Id");
}

TEST(FindingGroups, OneHostThatDiffersEverywhereIsOne) {
  const auto groups = groups_of({
      finding("GET /a", "$.self", Kind::kValue, "\"https://old.example/a\"", "\"https://new.example/a\""),
      finding("GET /b", "$.links.next", Kind::kValue, "\"https://old.example/b\"", "\"https://new.example/b\""),
      finding("GET /c", "$.name", Kind::kValue, "\"one\"", "\"two\""),
  });
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].cause, Cause::kSharedValue);
  EXPECT_EQ(groups[0].before, "old.example");
  EXPECT_EQ(groups[0].after, "new.example");
}

diff::Difference value_change(std::string_view before, std::string_view after) {
  diff::Difference difference;
  difference.recorded = {body::ValueType::kString, before, before};
  difference.replayed = {body::ValueType::kString, after, after};
  return difference;
}

// The samples are the first three of many.
TEST(FindingGroups, OneHostMustDifferInValuesThatAreNoSamples) {
  auto one = finding("GET /a", "$.self", Kind::kValue, "\"https://old.example/a\"", "\"https://new.example/a\"");
  auto other = finding("GET /b", "$.next", Kind::kValue, "\"https://old.example/b\"", "\"https://new.example/b\"");
  one.all.add(1, value_change("\"https://old.example/a\"", "\"https://new.example/a\""));
  one.all.add(2, value_change("\"https://old.example/z\"", "\"https://new.example/z\""));
  EXPECT_EQ(groups_of({one, other}).size(), 1U);
  one.all.add(3, value_change("\"https://old.example/a\"", "\"https://evil.example/a\""));
  EXPECT_EQ(groups_of({one, other}).size(), 2U);
}

TEST(FindingGroups, AServerErrorComesBeforeARenameOfTheSameSeverity) {
  const auto groups =
      groups_of({missing("GET /a", "$.customer", "\"cleo\""), added("GET /a", "$.customerName", "\"cleo\""),
                 finding("GET /b", "status", Kind::kStatus, "200", "404", 1, 90),
                 finding("GET /c", "status", Kind::kStatus, "200", "500", 1, 1)});
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].members.front(), 3U);
  EXPECT_EQ(groups[1].members.front(), 2U);
}

TEST(FindingGroups, CrowdsOfOneEndpointWaitForOthers) {
  std::vector<Finding> findings;
  for (int i = 0; i < 100; ++i)
    findings.push_back(finding("GET /prices", "$.k" + std::to_string(i), Kind::kMissing, "1", "", 1, 50));
  findings.push_back(finding("GET /b", "$.x", Kind::kMissing, "1", "", 1, 1));
  findings.push_back(finding("GET /c", "$.y", Kind::kValue, "\"p\"", "\"q\"", 1, 1));
  const auto groups = groups_of(findings);
  ASSERT_EQ(groups.size(), 102U);
  const auto at = [&](std::size_t member) {
    return std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.members.front() == member; }) -
           groups.begin();
  };
  EXPECT_EQ(at(100), 3) << "three of the crowd come before it";
  EXPECT_EQ(at(101), 101) << "listed by severity";
  const auto fair = fair_order(groups, findings);
  const auto turn = std::find(fair.begin(), fair.end(), 101U) - fair.begin();
  EXPECT_LE(turn, 4) << "but chosen early, when there is not room for all";
  EXPECT_EQ(fair.size(), groups.size());
}

TEST(FindingGroups, NumbersThatChangeAlikeUnderOtherNamesAreNotOne) {
  EXPECT_EQ(groups_of({finding("GET /a", "$.count", Kind::kValue, "1000", "1001"),
                       finding("GET /b", "$.total", Kind::kValue, "1000", "1001")})
                .size(),
            2U);
}

TEST(FindingGroups, AFailedLoginIsTheCauseOfWhatIsRefusedAfterIt) {
  const auto groups = groups_of({finding("GET /orders", "status", Kind::kStatus, "200", "401", 3, 9),
                                 finding("GET /profile", "status", Kind::kStatus, "200", "403", 4, 8),
                                 finding("POST /login", "status", Kind::kStatus, "200", "500", 1, 1),
                                 finding("GET /price", "$.x", Kind::kMissing, "1", "", 2, 20)});
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].cause, Cause::kLogin) << "before what has more exchanges";
  EXPECT_EQ(groups[0].members, (std::vector<std::size_t>{2, 0, 1})) << "the login is the one to look at";
  EXPECT_EQ(groups[0].exchanges, 18U);
}

// A defect of each endpoint looks like this, too.
TEST(FindingGroups, FewEndpointsWithTheSameErrorAreNotOne) {
  std::vector<Finding> findings;
  for (const char* endpoint : {"GET /a", "GET /b", "GET /c"})
    findings.push_back(finding(endpoint, "status", Kind::kStatus, "200", "500"));
  EXPECT_EQ(groups_of(findings).size(), 3U);
  findings.push_back(finding("GET /d", "status", Kind::kStatus, "200", "500"));
  EXPECT_EQ(groups_of(findings).size(), 1U);
}

TEST(FindingGroups, AGatewayThatDoesNotAnswerIsOne) {
  const auto groups = groups_of({finding("GET /a", "status", Kind::kStatus, "200", "503"),
                                 finding("GET /b", "status", Kind::kStatus, "200", "503")});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].cause, Cause::kSharedStatus);
}

TEST(FindingGroups, WhatExplainsOthersComesFirst) {
  auto root = finding("POST /orders", "$.note", Kind::kValue, "\"a\"", "\"b\"", 1, 1);
  root.dependents = 2;
  root.unsent = 5;
  const auto groups = groups_of({missing("GET /a", "$.x", "1"), root});
  EXPECT_EQ(groups[0].members.front(), 1U);
  EXPECT_EQ(groups[0].unsent, 5U);
}

TEST(FindingGroups, BodiesWithoutNamesAreNotJoined) {
  EXPECT_EQ(
      groups_of({finding("GET /a", "$", Kind::kOrder, "", ""), finding("GET /b", "$", Kind::kOrder, "", "")}).size(),
      2U);
}

TEST(FindingGroups, ATypeWithoutSamplesIsGroupedAllTheSame) {
  auto bare = finding("GET /a", "$.x", Kind::kType, "1", "\"1\"");
  bare.samples.clear();
  EXPECT_EQ(groups_of({bare, bare}).size(), 1U);
}

TEST(LocationName, IsTheLastPartOfALocation) {
  const auto split = [](const char* location) {
    const LocationName at = split_location(location);
    return std::string(at.parent) + " | " + std::string(at.name);
  };
  EXPECT_EQ(split("$.items[*].price"), "$.items[*] | price");
  EXPECT_EQ(split("$.tags[*]"), "$ | tags[*]");
  EXPECT_EQ(split("$.a['odd.name'][*][0]"), "$.a | ['odd.name'][*][0]");
  EXPECT_EQ(split("header:Set-Cookie sid; HttpOnly"), "header: | Set-Cookie sid; HttpOnly");
  EXPECT_EQ(split("status"), " | status");
  EXPECT_EQ(split("$"), " | $");
  EXPECT_EQ(split("$[*]"), " | $[*]");
  EXPECT_EQ(split("$]]]"), " | $]]]");
  EXPECT_EQ(split(""), " | ");
}

TEST(SampleValues, TypesAreReadFromWhatIsShown) {
  EXPECT_EQ(types_of(finding("", "", Kind::kType, "-1.5", "\"1\"")), "number → string");
  EXPECT_EQ(types_of(finding("", "", Kind::kType, "null", "[1]")), "null → array");
  EXPECT_EQ(types_of(finding("", "", Kind::kAdded, "", "true")), "boolean");
  EXPECT_EQ(json_type_of("plain"), "text");
}

TEST(SampleValues, ThePartThatDiffersIsWholeWords) {
  const auto part = [](const char* before, const char* after) {
    const auto found = changed_part(finding("", "$.a", Kind::kValue, before, after));
    return found ? found->before + " " + found->after : "";
  };
  EXPECT_EQ(part("http://eu-1.shop/a?b", "http://eu-2.shop/a?b"), "eu-1.shop eu-2.shop");
  EXPECT_EQ(part("\"EUR\"", "\"USD\""), "") << "too short to be the same by design";
  EXPECT_EQ(part("2026-01-02", "2026-01-03"), "");
  EXPECT_EQ(part("two words", "some thing"), "");
  EXPECT_EQ(part("equal", "equal"), "");
}

}  // namespace
}  // namespace tracerec::gate
