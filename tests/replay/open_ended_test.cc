// Streams of events without an end: read until there is as much as was recorded, or for --stream-for.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>

#include "replay/wire_events.h"
#include "tests/replay/recorded.h"
#include "tests/testing/raw_server.h"

namespace tracerec::replay::testing {
namespace {

using tracerec::testing::RawConnection;
using tracerec::testing::RawServer;

const std::string kStreamHeaders = "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n";
const std::string kStream = "HTTP/1.1 200 OK\r\n" + kStreamHeaders + "\r\n";

std::string chunk(const std::string& text) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", text.size());
  return size + text + "\r\n";
}

Recorded stream_of(int events) {
  Recorded recorded;
  recorded.target = "/events";
  recorded.complete = false;
  recorded.notes = "open_ended";
  recorded.response_headers = kStreamHeaders;
  for (int i = 0; i < events; ++i) recorded.response += chunk("data: " + std::to_string(i) + "\n\n");
  return recorded;
}

// Says this to each request and then nothing until the client closes.
RawServer::Handler saying(std::string text) {
  return [text = std::move(text)](RawConnection& connection) {
    while (connection.read_request()) connection.write(text);
  };
}

std::string replayed(Recording& recording, const RawServer& server, std::int64_t stream_for_ns = 100 * kMs) {
  ReplayOptions options = options_for(server.port());
  options.stream_for_ns = stream_for_ns;
  const auto summary = recording.replay(options);
  if (!summary) return summary.error().message;
  EXPECT_EQ(count_of(*summary, "open_ended"), 1U);
  return recording.responses();
}

constexpr std::int64_t kHour = 3'600'000 * kMs;

TEST(OpenEnded, ItEndsWithAsManyEventsAsWereRecorded) {
  RawServer server(saying(kStream + chunk("data: a\n\nda") + chunk("ta: b\n\n") + chunk("data: c\n\n")));
  Recording recording;
  recording.add({stream_of(2)});
  EXPECT_EQ(replayed(recording, server, kHour), "1:200");
  EXPECT_EQ(recording.response(1).duration_ns, -1);
  EXPECT_NE(recording.response_body(1).find("ta: b"), std::string::npos);
}

TEST(OpenEnded, WithFewerItEndsAfterStreamForAndIsNoFailure) {
  RawServer server(saying(kStream + chunk("data: a\n\n")));
  Recording recording;
  recording.add({stream_of(3)});
  EXPECT_EQ(replayed(recording, server), "1:200");
  EXPECT_EQ(recording.response_body(1), chunk("data: a\n\n"));
}

TEST(OpenEnded, OneThatEndsByItselfIsAResponse) {
  RawServer server(saying(kStream + chunk("data: a\n\n") + "0\r\n\r\n"));
  Recording recording;
  recording.add({stream_of(3)});
  EXPECT_EQ(replayed(recording, server, kHour), "1:200");
  EXPECT_GE(recording.response(1).duration_ns, 0);
}

TEST(OpenEnded, OneOfWhichNothingWasRecordedEndsWithItsHead) {
  RawServer server(saying(kStream));
  Recording recording;
  recording.add({stream_of(0)});
  EXPECT_EQ(replayed(recording, server, kHour), "1:200");
}

TEST(OpenEnded, WhatIsNoStreamIsReadToItsEnd) {
  RawServer server(saying("HTTP/1.1 503 x\r\nContent-Length: 4\r\n\r\nbusy"));
  Recording recording;
  recording.add({stream_of(3)});
  EXPECT_EQ(replayed(recording, server, kHour), "1:503");
  EXPECT_EQ(recording.response_body(1), "busy");
}

TEST(OpenEnded, ATargetThatBreaksItOffHasFailed) {
  RawServer server([](RawConnection& connection) {
    if (connection.read_request()) connection.write(kStream + chunk("data: a\n\n"));
  });
  Recording recording;
  recording.add({stream_of(3)});
  EXPECT_EQ(replayed(recording, server, kHour), "1:connection_closed");
}

TEST(OpenEnded, ATargetThatSaysNothingHasFailed) {
  RawServer server([](RawConnection& connection) { connection.swallow(); });
  Recording recording;
  recording.add({stream_of(3)});
  ReplayOptions options = options_for(server.port());
  options.timeout_ns = 100 * kMs;
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary);
  EXPECT_EQ(recording.responses(), "1:timeout");
}

TEST(OpenEnded, AnInterruptedOneIsInterrupted) {
  std::atomic<bool> stop = false;
  RawServer server([&stop](RawConnection& connection) {
    if (!connection.read_request()) return;
    connection.write(kStream + chunk("data: a\n\n"));
    stop = true;
    connection.wait_for_close();
  });
  Recording recording;
  recording.add({stream_of(3)});
  ReplayOptions options = options_for(server.port());
  options.stream_for_ns = kHour;
  const auto summary = recording.replay(options, {.stop = &stop});
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(recording.responses(), "1:interrupted");
}

TEST(OpenEnded, ExchangesAfterItOnItsConnectionGetANewOne) {
  RawServer server([](RawConnection& connection) {
    while (const auto request = connection.read_request()) {
      const bool stream = request->starts_with("GET /events");
      connection.write(stream ? kStream + chunk("data: a\n\n") : "HTTP/1.1 204 x\r\n\r\n");
    }
  });
  Recording recording;
  recording.add({stream_of(1), {.at_ns = kMs, .target = "/next"}});
  EXPECT_EQ(replayed(recording, server, kHour), "1:200 2:204");
  EXPECT_EQ(server.connections(), 3);  // with that of the probe
}

TEST(WireEvents, AreCountedInAndOutOfChunks) {
  for (const bool chunked : {true, false}) {
    WireEvents events("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" +
                      std::string(chunked ? "Transfer-Encoding: chunked\r\n" : "") + "\r\n");
    for (const char c : chunked ? chunk("data: a\n") + chunk("\ndata: b\n\n") : std::string("data: a\n\ndata: b\n\n")) {
      events.add(std::string_view(&c, 1));
    }
    EXPECT_EQ(events.count(), 2U) << chunked;
  }
}

TEST(WireEvents, AreNotCountedInWhatCannotBeRead) {
  const std::string stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
  EXPECT_EQ(WireEvents("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n").count(), std::nullopt);
  EXPECT_EQ(WireEvents(stream + "Content-Encoding: gzip\r\n\r\n").count(), std::nullopt);
  EXPECT_EQ(WireEvents("no head").count(), std::nullopt);
}

}  // namespace
}  // namespace tracerec::replay::testing
