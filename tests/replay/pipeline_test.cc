// Requests that were sent without waiting are sent without waiting; and what comes of them when the connection ends.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "tests/replay/recorded.h"
#include "tests/testing/raw_server.h"

namespace tracerec::replay::testing {
namespace {

using tracerec::testing::RawConnection;
using tracerec::testing::RawServer;

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string target_of(const std::string& request) {
  const std::size_t at = request.find(' ') + 1;
  return request.substr(at, request.find(' ', at) - at);
}

// Reads so many requests before it responds to any: a client that waits gets nothing.
RawServer::Handler responding_after(std::size_t many, std::string extra = {}) {
  return [many, extra](RawConnection& connection) {
    while (true) {
      std::string responses;
      for (std::size_t i = 0; i < many; ++i) {
        const auto request = connection.read_request();
        if (!request) return;
        responses += ok(target_of(*request));
      }
      connection.write(responses + extra);
    }
  };
}

// Requests of one connection that came in one read.
std::vector<Recorded> together(std::initializer_list<std::string> methods, std::int64_t at_ns = 0) {
  std::vector<Recorded> exchanges;
  int number = 0;
  for (const std::string& method : methods)
    exchanges.push_back({.at_ns = at_ns, .method = method, .target = "/" + std::to_string(++number)});
  return exchanges;
}

std::string state(Recording& recording, const RawServer& server, Pace pace = Pace::kMax) {
  ReplayOptions options = options_for(server.port(), pace);
  options.timeout_ns = 2'000 * kMs;
  const auto summary = recording.replay(options);
  return summary ? recording.responses() : summary.error().message;
}

TEST(Pipelines, RequestsGoOutWithoutWaitingAndResponsesFindTheirs) {
  for (const Pace pace : {Pace::kMax, Pace::kRecorded}) {
    RawServer server(responding_after(3));
    Recording recording;
    recording.add(together({"GET", "POST", "GET"}));
    EXPECT_EQ(state(recording, server, pace), "1:200 2:200 3:200");
    for (const schema::RowId id : {1, 2, 3}) EXPECT_EQ(recording.response_body(id), "/" + std::to_string(id));
    EXPECT_EQ(server.connections(), 2);  // the probe is one
  }
}

// Put the other way round: without a pipeline in the recording the second request waits for a response that never
// comes.
TEST(Pipelines, WhatWasNotRecordedAsOneIsNone) {
  RawServer server(responding_after(2));
  Recording recording;
  recording.add({{}, {.at_ns = 2 * kMs}});
  EXPECT_EQ(state(recording, server), "1:timeout 2:timeout");
}

TEST(Pipelines, OneAfterTheOtherOnTheSameConnection) {
  RawServer server(responding_after(2));
  Recording recording;
  recording.add(together({"GET", "GET"}));
  recording.add(together({"GET", "GET"}, 10 * kMs));
  EXPECT_EQ(state(recording, server), "1:200 2:200 3:200 4:200");
  EXPECT_EQ(server.connections(), 2);
}

// More than is sent at once, and more than is read from the trace at once.
TEST(Pipelines, TheDepthIsBounded) {
  std::mutex mutex;
  std::vector<std::string> seen;
  RawServer server([&](RawConnection& connection) {
    while (const auto request = connection.read_request()) {
      const std::lock_guard guard(mutex);
      seen.push_back(target_of(*request));
      connection.write(ok(seen.back()));
    }
  });
  Recording recording;
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 150; ++i) exchanges.push_back({.target = "/" + std::to_string(i)});
  recording.add(exchanges);
  ReplayOptions options = options_for(server.port());
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->answered, 150U);
  ASSERT_EQ(seen.size(), 150U);
  for (int i = 0; i < 150; ++i) EXPECT_EQ(recording.response_body(i + 1), "/" + std::to_string(i));
  EXPECT_EQ(server.connections(), 2);
}

// RFC 9112 §9.3.2: after the connection has closed, idempotent ones are sent again, one by one; others are not.
TEST(Pipelines, UnansweredOnesAreSentAgainWhenTheyMayBe) {
  std::atomic<int> connection_number{0};
  std::mutex mutex;
  std::vector<std::string> seen;
  RawServer server([&](RawConnection& connection) {
    const auto first = connection.read_request();
    if (!first) return;
    if (connection_number++ == 0) {
      for (int i = 0; i < 3; ++i) (void)connection.read_request();
      connection.write(ok("first"));
      return;
    }
    for (auto request = first; request; request = connection.read_request()) {
      const std::lock_guard guard(mutex);
      seen.push_back(target_of(*request));
      connection.write(ok("again"));
    }
  });
  Recording recording;
  recording.add(together({"GET", "GET", "POST", "PUT"}));
  EXPECT_EQ(state(recording, server), "1:200 2:200 3:connection_closed 4:200");
  EXPECT_EQ(recording.response_body(1), "first");
  EXPECT_EQ(recording.response_body(2), "again");
  EXPECT_EQ(seen, (std::vector<std::string>{"/2", "/4"}));
}

TEST(Pipelines, AServerThatSaysCloseAfterTheFirstResponse) {
  RawServer server([](RawConnection& connection) {
    if (!connection.read_request()) return;
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    connection.swallow();  // closing with unread bytes would reset the connection, and the response with it
  });
  Recording recording;
  recording.add(together({"GET", "GET", "POST", "GET"}));
  EXPECT_EQ(state(recording, server), "1:200 2:200 3:connection_closed 4:200");
}

TEST(Pipelines, AResponseThatStopsInTheMiddleIsNotAskedForAgain) {
  RawServer server([](RawConnection& connection) {
    if (!connection.read_request()) return;
    (void)connection.read_request();
    connection.write(ok("one") + "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
  });
  Recording recording;
  recording.add(together({"GET", "GET"}));
  EXPECT_EQ(state(recording, server), "1:200 2:connection_closed");
}

TEST(Pipelines, ATimeoutFailsTheOneThatWaitsForItsResponse) {
  RawServer server([](RawConnection& connection) {
    const auto first = connection.read_request();
    if (!first) return;
    if (target_of(*first) != "/1") {
      connection.write(ok("again"));
      return;
    }
    (void)connection.read_request();  // and never a response
    (void)connection.read_request();
  });
  Recording recording;
  recording.add(together({"GET", "POST"}));
  EXPECT_EQ(state(recording, server), "1:timeout 2:connection_closed");
}

TEST(Pipelines, MoreResponsesThanRequestsEndTheConnection) {
  RawServer server(responding_after(2, ok("unasked")));
  Recording recording;
  recording.add(together({"GET", "GET"}));
  recording.add(together({"GET", "GET"}, 10 * kMs));
  EXPECT_EQ(state(recording, server), "1:200 2:surplus_bytes 3:200 4:surplus_bytes");
  EXPECT_EQ(recording.response_body(3), "/1");
  EXPECT_EQ(server.connections(), 3);
}

// The third needs what the target responds to the first.
TEST(Pipelines, ARequestThatNeedsAnResponseWaitsForIt) {
  const std::string recorded = "0d9f4c1e-7c5b-4f0e-9a57-3b1d3c3f7a10", made = "77777777-1111-4222-8333-444455556666";
  std::mutex mutex;
  std::vector<std::string> seen;
  RawServer server([&](RawConnection& connection) {
    while (const auto request = connection.read_request()) {
      const std::lock_guard guard(mutex);
      seen.push_back(target_of(*request));
      connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 45\r\n\r\n{\"id\":\"" +
                       made + "\"}");
    }
  });
  Recording recording;
  recording.add({{.target = "/a",
                  .took_ns = 5 * kMs,
                  .response_headers = "Content-Type: application/json\r\n",
                  .response = "{\"id\":\"" + recorded + "\"}"},
                 {.target = "/b", .took_ns = 20 * kMs},
                 {.at_ns = 8 * kMs, .target = "/things/" + recorded, .took_ns = kMs}});
  EXPECT_EQ(state(recording, server), "1:200 2:200 3:200");
  EXPECT_EQ(seen, (std::vector<std::string>{"/a", "/b", "/things/" + made}));
}

TEST(Pipelines, FilteredOnesAndExpectationsAreNoPartOfThem) {
  RawServer server([](RawConnection& connection) {
    while (const auto request = connection.read_request()) connection.write(ok(target_of(*request)));
  });
  Recording recording;
  recording.add(together({"GET", "DELETE", "GET", "GET"}));
  ReplayOptions options = options_for(server.port());
  options.filter = EndpointFilter({}, {*EndpointPattern::parse("DELETE *")});
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary);
  EXPECT_EQ(recording.responses(), "1:200 3:200 4:200");
  EXPECT_EQ(recording.response_body(3), "/3");
}

TEST(Pipelines, SeenInTheRecordedTimes) {
  schema::StoredExchange before, next;
  before.started_unix_ns = next.started_unix_ns = kRecordedAt;
  EXPECT_TRUE(was_pipelined(before, next)) << "one read brought both";
  before.ttfb_ns = 10 * kMs;
  next.started_unix_ns = kRecordedAt + 8 * kMs;
  EXPECT_TRUE(was_pipelined(before, next));
  next.started_unix_ns = kRecordedAt + 9 * kMs + kMs / 2;
  EXPECT_FALSE(was_pipelined(before, next)) << "the response may have been on its way";
  before.ttfb_ns = -1;
  EXPECT_FALSE(was_pipelined(before, next));
}

}  // namespace
}  // namespace tracerec::replay::testing
