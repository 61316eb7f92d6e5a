// A run of which rows are missing was green: only what was there was compared.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "tests/evaluate/stored_run.h"

namespace tracerec::evaluate::testing {
namespace {

constexpr std::uint64_t kHuge = INT64_MAX;

// The error for a run of three exchanges with this ledger; "green" and "red" when it is judged.
std::string outcome_of(const schema::Ledger& ledger, bool as_baseline = false, std::int64_t ended = kStart + 1) {
  StoredRun stored({{.target = "/a"}, {.target = "/b"}, {.target = "/c"}});
  RunRows rows;
  rows.responses = {response_to(1, "{}"), response_to(2, "{}"), failure_of(3, "timeout")};
  rows.ledger = ledger;
  rows.balances = false;
  rows.ended_unix_ns = ended;
  const schema::RowId run = stored.add_run(std::move(rows));
  const auto report = as_baseline ? stored.evaluate({.against = run}) : stored.evaluate({}, nullptr, run);
  if (!report) return report.error().message;
  return report->verdict.passed ? "green" : "red";
}

TEST(RunBalance, WhatWasCountedMustBeThere) {
  const schema::Ledger whole = {
      {"planned", 5, 0}, {"sent", 3, 0}, {"answered", 2, 0}, {"failed.timeout", 1, 0}, {"skipped.filtered", 2, 0}};
  EXPECT_EQ(outcome_of(whole), "red") << "one has failed";
  const auto with = [&](const std::string& key, std::uint64_t count) {
    schema::Ledger ledger = whole;
    for (schema::LedgerEntry& entry : ledger) {
      if (entry.key == key) entry.count = count;
    }
    return ledger;
  };
  for (const auto& entry : whole) {
    for (const std::uint64_t count : {std::uint64_t{0}, entry.count + 1, kHuge}) {
      for (const bool as_baseline : {false, true}) {
        const std::string outcome = outcome_of(with(entry.key, count), as_baseline);
        EXPECT_EQ(outcome.substr(0, 7), "run 2: ") << entry.key << " " << count << ": " << outcome;
        EXPECT_NE(outcome.find("replay again"), std::string::npos) << outcome;
      }
    }
  }
}

TEST(RunBalance, ResponsesThatAreGoneAreNamed) {
  EXPECT_EQ(outcome_of({{"planned", 9, 0}, {"sent", 9, 0}, {"answered", 8, 0}, {"failed.timeout", 1, 0}}),
            "run 2: 8 responses and 1 failures were counted, but 2 and 1 are in the file: the file is damaged or was "
            "changed; replay again, or use -d for another file");
  EXPECT_EQ(outcome_of({{"planned", 3, 0}, {"sent", 3, 0}, {"answered", 3, 0}}).substr(0, 43),
            "run 2: 3 responses and 0 failures were coun");
}

TEST(RunBalance, AFinishedRunHasALedger) {
  const std::string missing = "run 2: its ledger is not in the file";
  EXPECT_EQ(outcome_of({}).substr(0, missing.size()), missing);
  EXPECT_EQ(outcome_of({{"planned", 3, 0}, {"answered", 3, 0}}).substr(0, missing.size()), missing);
  EXPECT_EQ(outcome_of({}, false, 0), "red") << "it was killed, which is said elsewhere";
}

// The row of the exchange is gone: the response is compared with nothing.
TEST(RunBalance, AResponseWithoutItsExchangeIsNone) {
  StoredRun stored({{.target = "/a"}});
  RunRows rows;
  rows.responses = {response_to(1, "{}"), response_to(7, "{}")};
  const auto report = stored.evaluate({}, nullptr, stored.add_run(std::move(rows)));
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("2 responses and 0 failures were counted, but 1 and 0"), std::string::npos)
      << report.error().message;
}

}  // namespace
}  // namespace tracerec::evaluate::testing
