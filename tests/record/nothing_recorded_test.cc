#include "record/nothing_recorded.h"

#include <gtest/gtest.h>

namespace tracerec::record {
namespace {

struct NothingRecorded : ::testing::Test {
  [[nodiscard]] bool says(const std::string& what) const {
    const std::string why = why_nothing(ledger, counts, known);
    EXPECT_NE(why.find(what), std::string::npos) << why;
    return why.find(what) != std::string::npos;
  }

  schema::Ledger ledger{{"seen", 0, 0}, {"stored.exchange", 0, 0}};
  SinkCounts counts;
  Circumstances known;
};

TEST_F(NothingRecorded, ThePortsAreCompared) {
  known.listening = {8080, 9090};
  EXPECT_TRUE(says("no request arrived at ports 8080, 9090 "));
  known.wanted_ports = {80};
  EXPECT_TRUE(says("listens at ports 8080, 9090, and --port says port 80"));
  known.wanted_ports = {80, 9090};
  EXPECT_TRUE(says("no request arrived at ports 80, 9090 "));
  known.listening = {1, 2, 3, 4, 5, 6};
  known.wanted_ports.clear();
  EXPECT_TRUE(says("1, 2, 3, 4, 5, … while"));
}

TEST_F(NothingRecorded, WhoListensNowhereServesNobody) {
  EXPECT_TRUE(says("may not reach this process"));
  known.listening.emplace();
  EXPECT_TRUE(says("at any port"));
  known.found_processes = false;
  EXPECT_TRUE(says("no process was found"));
}

TEST_F(NothingRecorded, ASampleMayHaveLeftOutEverything) {
  known.is_sampled = true;
  EXPECT_TRUE(says("--sample"));
}

TEST_F(NothingRecorded, WhatCameIsNamed) {
  ledger[0].bytes = 100;
  EXPECT_TRUE(says("no whole request came"));
  counts.opaque.count = 2;
  EXPECT_TRUE(says("stored.opaque"));
  known.has_io_uring = true;
  EXPECT_TRUE(says("io_uring"));
  ledger.push_back({"lost.overload", 3, 0});
  EXPECT_TRUE(says("lost.overload"));
  counts.skip(Skip::kOutgoing, 10, 1);
  EXPECT_TRUE(says("--outgoing"));
  counts.no_request = 1;
  EXPECT_TRUE(says("no request began since"));
  counts.skip(Skip::kFiltered, 10, 1);
  EXPECT_TRUE(says("--exclude"));
  counts.unseen_request = 1;
  EXPECT_TRUE(says("splice(2)"));
  counts.not_http = 1;
  EXPECT_TRUE(says("1 connection spoke no HTTP"));
  counts.http2 = 2;
  EXPECT_TRUE(says("2 connections spoke HTTP/2"));
  known.has_unread_tls = true;
  EXPECT_TRUE(says("TLS could not be read"));
}

}  // namespace
}  // namespace tracerec::record
