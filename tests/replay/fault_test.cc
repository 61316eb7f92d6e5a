// What targets do wrong, and what odd but right things they do. Each replay's ledger is checked by Recording::replay.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <array>
#include <filesystem>
#include <set>

#include "tests/replay/recorded.h"
#include "tests/testing/raw_server.h"

namespace tracerec::replay::testing {
namespace {

using tracerec::testing::RawConnection;
using tracerec::testing::RawServer;

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Replays at full speed against a server with this handler; gives the responses.
std::string state(Recording& recording, const RawServer& server, std::int64_t timeout_ns = 5'000 * kMs) {
  ReplayOptions options = options_for(server.port());
  options.timeout_ns = timeout_ns;
  const auto summary = recording.replay(options);
  return summary ? recording.responses() : summary.error().message;
}

// The probe of the target is a connection without a request; a handler sees it end at once.
RawServer::Handler responding(std::function<void(RawConnection&, const std::string&)> response, int requests = 1'000) {
  return [response = std::move(response), requests](RawConnection& connection) {
    for (int i = 0; i < requests; ++i) {
      const auto request = connection.read_request();
      if (!request) return;
      response(connection, *request);
    }
  };
}

TEST(Faults, RequestsAreOnTheWireAsRecorded) {
  std::string seen;
  RawServer server(responding([&](RawConnection& c, const std::string& request) {
    seen = request;
    c.write(kOk);
  }));
  Recording recording;
  recording.add(
      {{.method = "PoST", .target = "/a%20b?x", .headers = "hOST:   x\r\nB: 1\r\nA:2\r\nB: 3\r\n", .body = "body"}});
  EXPECT_EQ(state(recording, server), "1:200");
  EXPECT_EQ(seen, "PoST /a%20b?x HTTP/1.1\r\nhOST:   127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nB: 1\r\nA:2\r\nB: 3\r\nContent-Length: 4\r\n\r\nbody");
}

TEST(Faults, TheCodesOfInterimResponsesAreStored) {
  std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 P\r\n\r\n";
  RawServer server(responding([&](RawConnection& c, const std::string&) { c.write(interim + kOk); }));
  Recording recording;
  recording.add({{}});
  EXPECT_EQ(state(recording, server), "1:200");
  EXPECT_EQ(recording.response(1).interim, "103 102");
  interim.clear();
  for (int i = 0; i < 40; ++i) interim += "HTTP/1.1 103 E\r\n\r\n";
  EXPECT_EQ(state(recording, server), "1:200");
  EXPECT_EQ(recording.response(1).interim.size(), 16 * 4 - 1U) << "the first 16";
  interim.clear();
  EXPECT_EQ(state(recording, server), "1:200");
  EXPECT_EQ(recording.response(1).interim, "");
}

TEST(Faults, OddButRightResponses) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: "
       "3\r\n\r\nabc",
       "201 abc"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n",
       "200 3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"},
      {"HTTP/1.1 204 No Content\r\n\r\n", "204 "},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", "304 "},
      {"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", "200 x"},
      {"HTTP/1.0 200 OK\r\n\r\nuntil close", "200 until close"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "200 "},
  };
  for (const auto& [wire, expected] : cases) {
    for (const bool bytewise : {false, true}) {
      const bool closes = wire.find("HTTP/1.0") == 0 || wire.find("close") != std::string::npos;
      RawServer server(responding(
          [&, text = wire](RawConnection& c, const std::string&) {
            if (!bytewise) c.write(text);
            for (const char byte : bytewise ? text : std::string()) c.write(std::string(1, byte));
          },
          closes ? 1 : 1'000));
      Recording recording;
      recording.add({{}, {.at_ns = 1}});
      const std::string status = expected.substr(0, 3);
      EXPECT_EQ(state(recording, server), "1:" + status + " 2:" + status) << wire;
      EXPECT_EQ(recording.response_body(2), expected.substr(4)) << wire;
      EXPECT_EQ(server.connections(), closes ? 3 : 2) << wire;  // the probe is one
    }
  }
}

TEST(Faults, AResponseToHeadHasNoBody) {
  RawServer server(responding([](RawConnection& c, const std::string& request) {
    c.write(request.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" : kOk);
  }));
  Recording recording;
  recording.add({{.method = "HEAD"}, {.at_ns = 1}});
  EXPECT_EQ(state(recording, server), "1:200 2:200");
  EXPECT_EQ(recording.response_body(2), "ok");
}

TEST(Faults, Garbage) {
  RawServer server(responding([](RawConnection& c, const std::string&) { c.write("\x16\x03\x01 no http\r\n\r\n"); }));
  Recording recording;
  recording.add({{}, {.connection = 2}});
  EXPECT_EQ(state(recording, server), "1:bad_response 2:bad_response");
}

TEST(Faults, BytesAfterAnResponseDoNotBecomeTheNextOne) {
  RawServer server(
      responding([](RawConnection& c, const std::string&) { c.write(kOk + "HTTP/1.1 500 stray\r\n\r\n"); }));
  Recording recording;
  recording.add({{}, {.at_ns = 1}});
  EXPECT_EQ(state(recording, server), "1:surplus_bytes 2:surplus_bytes");
  EXPECT_EQ(recording.response(1).status, 200);
  EXPECT_EQ(recording.response_body(1), "ok") << "the response is kept";
  EXPECT_EQ(server.connections(), 3) << "the probe, and one for each";
}

TEST(Faults, ABodyWhereThereMustBeNone) {
  for (const char* head : {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"}) {
    RawServer server(responding([&](RawConnection& c, const std::string&) { c.write(std::string(head) + "hello"); }));
    Recording recording;
    recording.add({{.method = "HEAD"}});
    EXPECT_EQ(state(recording, server), "1:surplus_bytes") << head;
  }
}

TEST(Faults, NeverResponses) {
  RawServer server([](RawConnection& c) { c.swallow(); });
  Recording recording;
  recording.add({{}, {.at_ns = 1}, {.connection = 2}});
  EXPECT_EQ(state(recording, server, 30 * kMs), "1:timeout 2:timeout 3:timeout");
}

TEST(Faults, StopsInTheMiddleOfTheBody) {
  RawServer slow(responding(
      [](RawConnection& c, const std::string&) { c.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"); }));
  RawServer closing(responding(
      [](RawConnection& c, const std::string&) { c.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"); }, 1));
  Recording recording;
  recording.add({{}});
  EXPECT_EQ(state(recording, slow, 30 * kMs), "1:timeout");
  EXPECT_EQ(state(recording, closing), "1:connection_closed");
  EXPECT_EQ(recording.response(1).status, 200);
  EXPECT_EQ(recording.response_body(1), "half") << "what came is kept";
}

// What a target sends when it is told to send without end. It stops after 1 MiB, which is far beyond the limit.
void send_endlessly(RawConnection& connection, const std::string& start, const std::string& piece) {
  connection.write(start);
  for (std::size_t sent = 0; sent < (std::size_t{1} << 20); sent += piece.size()) {
    if (!connection.write(piece)) return;
  }
  connection.wait_for_close();
}

constexpr std::uint64_t kMaxResponseBytes = 100'000;

ReplayOptions short_responses(const RawServer& server) {
  ReplayOptions options = options_for(server.port());
  options.timeout_ns = 5'000 * kMs;
  options.max_response_bytes = kMaxResponseBytes;
  return options;
}

TEST(Faults, AResponseWithoutEndIsCutAtTheLimit) {
  const std::string x(1000, 'x');
  const std::vector<std::pair<std::string, std::string>> endless = {
      {"HTTP/1.1 200 OK\r\n\r\n", x},
      {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", x},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "3e8\r\n" + x + "\r\n"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;" + x + "\r\nx\r\n"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", x}};
  for (const auto& [head, piece] : endless) {
    RawServer server([&](RawConnection& c) {
      if (c.read_request()) send_endlessly(c, head, piece);
    });
    Recording recording;
    recording.add({{}, {.at_ns = 1}});
    const auto summary = recording.replay(short_responses(server));
    ASSERT_TRUE(summary);
    EXPECT_EQ(recording.responses(), "1:too_long 2:too_long") << head;
    EXPECT_EQ(count_of(*summary, "failed.too_long"), 2U) << head;
    EXPECT_EQ(recording.response(1).status, 200);
    const std::size_t head_bytes = head.find("\r\n\r\n") + 4;
    EXPECT_EQ(recording.response_body(1).size() + head_bytes, kMaxResponseBytes) << "what came is kept up to there";
    EXPECT_EQ(server.connections(), 3) << "the probe, and one for each";
  }
}

TEST(Faults, HeadsWithoutEndAreBoundedToo) {
  const std::string x(1000, 'x');
  const std::vector<std::array<std::string, 3>> endless = {
      {"HTTP/1.1 200 OK\r\n", "A: " + x + "\r\n", "too_long"},
      {"HTTP/1.1 200 OK\r\nA: ", x, "too_long"},
      {"", "HTTP/1.1 103 Early Hints\r\nA: " + x + "\r\n\r\n", "too_long"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", x, "bad_response"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: " + x + "\r\n", "bad_response"}};
  for (const auto& [start, piece, failure] : endless) {
    RawServer server([&, &start = start, &piece = piece](RawConnection& c) {
      if (c.read_request()) send_endlessly(c, start, piece);
    });
    Recording recording;
    recording.add({{}});
    ASSERT_TRUE(recording.replay(short_responses(server)));
    EXPECT_EQ(recording.responses(), "1:" + failure) << start;
  }
}

// When it ended in the read that was too much, it was stored whole.
TEST(Faults, AHeadThatIsLongerThanTheLimitIsNotStored) {
  std::string response = "HTTP/1.1 200 OK\r\nA: ";
  response += std::string(kMaxResponseBytes - 2 - response.size(), 'a') + "\r\n\r\n";  // two bytes too many
  RawServer server(responding([&](RawConnection& c, const std::string&) { c.write(response); }));
  Recording recording;
  recording.add({{}});
  ASSERT_TRUE(recording.replay(short_responses(server)));
  EXPECT_EQ(recording.responses(), "1:too_long");
  EXPECT_EQ(recording.response(1).response_head, "");
}

// Its last byte was one too many; then the replay waited for more, and had a timeout.
TEST(Faults, AHeadBeyondTheLimitIsNotWaitedFor) {
  const std::string start = "HTTP/1.1 200 OK\r\nA: ";
  RawServer server([&](RawConnection& c) {
    if (!c.read_request()) return;
    c.write(start + std::string(kMaxResponseBytes + 1 - start.size(), 'a'));
    c.wait_for_close();
  });
  Recording recording;
  recording.add({{}});
  ReplayOptions options = short_responses(server);
  options.timeout_ns = 500 * kMs;
  ASSERT_TRUE(recording.replay(options));
  EXPECT_EQ(recording.responses(), "1:too_long");
}

TEST(Faults, AResponseAsLongAsTheLimitIsWhole) {
  for (const std::size_t more : {0U, 1U}) {
    std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 99000\r\nA: ";
    const std::size_t end = kMaxResponseBytes + more - 99'000 - 4;
    response += std::string(end - response.size(), 'a') + "\r\n\r\n" + std::string(99'000, 'b');
    RawServer server(responding([&](RawConnection& c, const std::string&) { c.write(response); }));
    Recording recording;
    recording.add({{}, {.at_ns = 1}});
    ASSERT_TRUE(recording.replay(short_responses(server)));
    EXPECT_EQ(recording.responses(), more == 0 ? "1:200 2:200" : "1:too_long 2:too_long");
  }
}

TEST(Faults, AKeptConnectionThatTheServerClosesIsOpenedAgainForIdempotentRequests) {
  RawServer server(responding([](RawConnection& c, const std::string&) { c.write(kOk); }, 2));
  Recording recording;
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 9; ++i) exchanges.push_back({.at_ns = i});
  recording.add(exchanges);
  EXPECT_EQ(state(recording, server), "1:200 2:200 3:200 4:200 5:200 6:200 7:200 8:200 9:200");
  EXPECT_EQ(server.connections(), 6);
}

TEST(Faults, ARequestWithEffectsIsNotSentTwice) {
  std::atomic<int> posts{0};
  // Reads the second request on a connection and closes instead of responding it.
  RawServer server([&](RawConnection& c) {
    if (!c.read_request()) return;
    c.write(kOk);
    if (c.read_request()) ++posts;
  });
  Recording recording;
  recording.add({{}, {.at_ns = 1, .method = "POST", .body = "x"}, {.at_ns = 2}});
  EXPECT_EQ(state(recording, server), "1:200 2:connection_closed 3:200");
  EXPECT_EQ(posts, 1);
}

TEST(Faults, BeforeARequestWithEffectsAnIdleConnectionIsLookedAt) {
  RawServer server(responding([](RawConnection& c, const std::string&) { c.write(kOk); }, 1));
  Recording recording;
  recording.add({{}, {.at_ns = 300 * kMs, .method = "POST", .body = "x"}});
  ReplayOptions options = options_for(server.port(), Pace::kRecorded);
  ASSERT_TRUE(recording.replay(options));
  EXPECT_EQ(recording.responses(), "1:200 2:200");
}

TEST(Faults, ARequestIsSentAgainOnce) {
  std::atomic<int> requests{0};
  RawServer server([&](RawConnection& c) {
    if (!c.read_request() || ++requests > 1) return;
    c.write(kOk);
    (void)c.read_request();
  });
  Recording recording;
  recording.add({{}, {.at_ns = 1}});
  EXPECT_EQ(state(recording, server), "1:200 2:connection_closed");
}

TEST(Faults, ResetInsteadOfAnResponse) {
  RawServer server(responding([](RawConnection& c, const std::string&) { c.reset(); }, 1));
  Recording recording;
  recording.add({{}});
  EXPECT_EQ(state(recording, server), "1:connection_closed");
}

TEST(Faults, TheTargetGoesAway) {
  auto server = std::make_unique<RawServer>(responding([](RawConnection& c, const std::string&) { c.write(kOk); }, 1));
  Recording recording;
  recording.add({{.method = "POST", .body = "x"}, {.connection = 2, .at_ns = 500 * kMs}});
  const ReplayControl control{nullptr, [&](const Progress& progress) {
                                if (progress.sent == 1) server.reset();
                              }};
  ASSERT_TRUE(recording.replay(options_for(server->port(), Pace::kRecorded), control));
  EXPECT_EQ(recording.responses(), "1:200 2:refused");
}

TEST(Faults, AnsweredBeforeTheBodyWasRead) {
  // Responds after the head and never reads the body: an upload that is refused.
  RawServer server([](RawConnection& c) {
    while (c.buffered().find("\r\n\r\n") == std::string::npos) {
      if (!c.read_more()) return;
    }
    c.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    c.wait_for_close();
  });
  Recording recording;
  recording.add(
      {{.method = "POST", .body = std::string(30'000'000, 'u')}, {.at_ns = 1, .method = "POST", .body = "x"}});
  EXPECT_EQ(state(recording, server, 3'600'000 * kMs), "1:413 2:413");
}

TEST(Faults, ATimeoutMessageOnAnIdleConnectionIsNotAnResponse) {
  RawServer server([](RawConnection& c) {
    if (!c.read_request()) return;
    c.write(kOk);
    c.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  Recording recording;
  recording.add({{}, {.at_ns = 300 * kMs}});
  ASSERT_TRUE(recording.replay(options_for(server.port(), Pace::kRecorded)));
  EXPECT_EQ(recording.responses(), "1:200 2:200");
}

TEST(Faults, ARequestWhoseResponseHasBegunIsNotSentAgain) {
  RawServer server([](RawConnection& c) {
    if (!c.read_request()) return;
    c.write(kOk);
    if (c.read_request()) c.write("HTTP/1.1 200 OK\r\nContent-Le");
  });
  Recording recording;
  recording.add({{}, {.at_ns = 1}});
  EXPECT_EQ(state(recording, server), "1:200 2:connection_closed");
}

// The body waits for the 100; a server that says another thing does not get it, and its connection is not used again.
TEST(Faults, ARequestThatExpectsToBeAskedForItsBody) {
  std::string early;
  RawServer server([&](RawConnection& c) {
    const auto read_head = [&c] {
      while (c.buffered().find("\r\n\r\n") == std::string::npos) {
        if (!c.read_more()) return false;
      }
      return true;
    };
    if (!read_head()) return;
    early += c.buffered().substr(c.buffered().find("\r\n\r\n") + 4);
    if (c.buffered().find("/refused") != std::string::npos) {
      c.write("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
      return c.wait_for_close();
    }
    c.write("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
    while (c.read_request()) c.write(kOk);
  });
  const std::string headers = "Host: a\r\nExpect: 100-Continue\r\n";
  Recording recording;
  recording.add(
      {{.method = "POST", .target = "/a", .headers = headers, .body = "body"},
       {.connection = 2, .at_ns = 1, .method = "PUT", .target = "/refused", .headers = headers, .body = "b"},
       {.connection = 2, .at_ns = 2, .target = "/next"},
       {.connection = 3, .at_ns = 3, .method = "POST", .headers = headers, .body = std::string(200'000, 'l')}});
  EXPECT_EQ(state(recording, server), "1:200 2:417 3:200 4:200");
  EXPECT_EQ(early, "");
}

TEST(Faults, ABodyThatNobodyAsksForIsSentAfterASecond) {
  RawServer server(responding([](RawConnection& c, const std::string&) { c.write(kOk); }));
  Recording recording;
  recording.add({{.method = "POST", .headers = "Host: a\r\nExpect: 100-continue\r\n", .body = "body"}});
  EXPECT_EQ(state(recording, server), "1:200");
}

TEST(Faults, TheFirstByteHasATimeOfItsOwn) {
  RawServer server([](RawConnection& c) {
    const auto request = c.read_request();
    if (!request) return;
    if (request->find("/silent") != std::string::npos) return c.wait_for_close();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo");
    ::poll(nullptr, 0, 400);
    c.write("dy");
    c.wait_for_close();
  });
  Recording recording;
  recording.add({{.target = "/silent"}, {.connection = 2, .at_ns = 1, .target = "/slow"}});
  ReplayOptions options = options_for(server.port());
  options.first_byte_timeout_ns = 150 * kMs;
  ASSERT_TRUE(recording.replay(options));
  EXPECT_EQ(recording.responses(), "1:timeout 2:200");
}

TEST(Faults, HalfTheRequestsTimeOut) {
  RawServer server([](RawConnection& c) {
    const auto request = c.read_request();
    if (!request || request->find("/lost") != std::string::npos) return c.wait_for_close();
    c.write(kOk);
    c.wait_for_close();
  });
  Recording recording;
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 20; ++i) {
    exchanges.push_back({.connection = i + 1, .at_ns = i, .target = i % 2 == 0 ? "/lost" : "/kept"});
  }
  recording.add(exchanges);
  ReplayOptions options = options_for(server.port());
  options.timeout_ns = 200 * kMs;
  options.max_connections = 20;
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary);
  EXPECT_EQ(count_of(*summary, "failed.timeout"), 10U);
  EXPECT_EQ(summary->answered, 10U);
}

TEST(Faults, EveryConnectionIsClosedAfterOneResponse) {
  RawServer server(responding([](RawConnection& c, const std::string&) { c.write(kOk); }, 1));
  Recording recording;
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 30; ++i) exchanges.push_back({.connection = 1 + i % 3, .at_ns = i});
  recording.add(exchanges);
  const auto summary = recording.replay(options_for(server.port()));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->answered, 30U);
}

TEST(Faults, AServerThatEchoesWhileItReads) {
  // Would wait for ever for a client that sends everything before it reads.
  const std::size_t bytes = 20'000'000;
  RawServer server([&](RawConnection& c) {
    while (c.buffered().find("\r\n\r\n") == std::string::npos) {
      if (!c.read_more()) return;
    }
    c.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n");
    for (std::size_t sent = 0; sent < bytes; sent += 100'000) {
      if (!c.write(std::string(100'000, 'e'))) return;
    }
    c.swallow();
  });
  Recording recording;
  recording.add({{.method = "POST", .body = std::string(bytes, 'u')}});
  EXPECT_EQ(state(recording, server, 20'000 * kMs), "1:200");
  EXPECT_EQ(recording.response(1).response_body.captured_bytes, bytes);
}

TEST(Pacing, ManyShortConnectionsAtARateTakeEachSlotOnce) {
  RawServer server(responding([](RawConnection& c, const std::string&) { c.write(kOk); }));
  Recording recording;
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 200; ++i) exchanges.push_back({.connection = i + 1, .at_ns = i * kMs});
  recording.add(exchanges);
  ReplayOptions options = options_for(server.port(), Pace::kRate);
  options.rate = 1'000;
  ASSERT_TRUE(recording.replay(options));
  std::set<std::int64_t> slots;
  for (int i = 0; i < 200; ++i) slots.insert(recording.response(i + 1).intended_ns);
  EXPECT_EQ(slots.size(), 200u);
  EXPECT_EQ(*slots.rbegin(), 199 * kMs);
}

TEST(Pacing, MoreConnectionsThanDescriptorsAtFirst) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  if (before.rlim_max < 1'000) GTEST_SKIP() << "the hard limit of descriptors is too low";
  const std::filesystem::directory_iterator open_now("/proc/self/fd");
  const auto used = static_cast<rlim_t>(std::distance(begin(open_now), end(open_now)));
  const rlimit low{used + 40, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  RawServer server(responding([](RawConnection& c, const std::string&) { c.write(kOk); }));
  Recording recording;
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 60; ++i) exchanges.push_back({.connection = i + 1, .at_ns = i});
  for (int i = 0; i < 60; ++i) exchanges.push_back({.connection = i + 1, .at_ns = 300 * kMs});
  recording.add(exchanges);
  const auto summary = recording.replay(options_for(server.port(), Pace::kRecorded));
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->answered, 120u);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Faults, StoppedWhileWaitingForAnResponse) {
  std::atomic<bool> stop{false};
  RawServer server([&](RawConnection& c) {
    if (c.read_request()) stop = true;
    c.swallow();
  });
  Recording recording;
  recording.add({{}, {.at_ns = 1}});
  const auto summary = recording.replay(options_for(server.port()), {&stop, {}});
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_TRUE(summary->interrupted);
  EXPECT_EQ(recording.responses(), "1:interrupted");
  EXPECT_EQ(count_of(*summary, "skipped.interrupted"), 1u);
}

}  // namespace
}  // namespace tracerec::replay::testing
