// Pairing and framing on one connection, from fabricated events.
#include "record/connection.h"

#include "rig.h"

namespace tracerec::record {
namespace {

using testing::FakeConnection;

constexpr const char* kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

class OneConnection : public ::testing::Test {
 protected:
  void open() { rig.feed(tcp.open()); }
  void in(std::string_view bytes) { rig.feed(tcp.in(bytes)); }
  void out(std::string_view bytes) { rig.feed(tcp.out(bytes)); }
  void close() { rig.feed(tcp.close()); }
  const schema::Exchange& exchange(std::size_t i) { return rig.store.exchanges.at(i); }
  void TearDown() override { rig.finish(); }

  Rig rig{{}, OpenSockets(1, true)};  // what is not accepted came later
  FakeConnection tcp{1};
};

TEST_F(OneConnection, AnExchangeIsKeptByteForByte) {
  open();
  in("POST /x HTTP/1.1\r\nhOST: h\r\nContent-Length: 3\r\n\r\nabc");
  out("HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\n");
  out("hi");
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(exchange(0).request_head, "POST /x HTTP/1.1\r\nhOST: h\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(exchange(0).request_body.bytes, "abc");
  EXPECT_EQ(exchange(0).response_head, "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(exchange(0).response_body.bytes, "hi");
  EXPECT_EQ(exchange(0).status, 200);
  EXPECT_TRUE(exchange(0).complete);
  EXPECT_EQ(exchange(0).ttfb_ns, 1000);
  EXPECT_EQ(exchange(0).duration_ns, 2000);
  ASSERT_EQ(rig.store.connections.size(), 1U);
  EXPECT_EQ(rig.store.connections[0].local, "127.0.0.1:8080");
  EXPECT_FALSE(rig.store.connections[0].open_before);
}

TEST_F(OneConnection, PipelinedRequestsPairInOrder) {
  open();
  in("GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n");
  out("HTTP/1.1 201 A\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 202 B\r\nContent-Length: 99\r\n\r\nHTTP/1.1 203 "
      "C\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(rig.store.exchanges.size(), 3U);
  EXPECT_EQ(exchange(0).target, "/1");
  EXPECT_EQ(exchange(0).status, 201);
  EXPECT_EQ(exchange(1).target, "/2");
  EXPECT_EQ(exchange(1).status, 202);
  EXPECT_EQ(exchange(1).response_body.wire_bytes, 0U);
  EXPECT_EQ(exchange(2).target, "/3");
  EXPECT_EQ(exchange(2).status, 203);
  EXPECT_EQ(exchange(2).seq, 2);
}

TEST_F(OneConnection, InterimResponsesAreNotTheResponse) {
  open();
  in("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  out("HTTP/1.1 100 Continue\r\n\r\n");
  in("ok");
  out("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
  out("HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(exchange(0).status, 204);
  EXPECT_EQ(exchange(0).interim, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
  EXPECT_TRUE(exchange(0).complete);
}

TEST_F(OneConnection, NotModifiedHasNoBodyWhateverItsLengthSays) {
  open();
  in(kGet);
  out("HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n");
  in(kGet);
  out(std::string(kOk) + "ab");
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_TRUE(exchange(1).complete);
}

TEST_F(OneConnection, ChunkedWithTrailersIsKeptWithItsFraming) {
  const std::string body = "2;x=y\r\nhi\r\n0\r\nX-Sum: 5\r\n\r\n";
  open();
  in(kGet);
  out("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char c : body) out(std::string(1, c));
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(exchange(0).response_body.bytes, body);
  EXPECT_EQ(exchange(0).response_body.wire_bytes, body.size());
}

TEST_F(OneConnection, CloseEndsABodyWithoutLength) {
  open();
  in(kGet);
  out("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of");
  out(" it");
  EXPECT_TRUE(rig.store.exchanges.empty());
  rig.feed(tcp.end_out());
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(exchange(0).response_body.bytes, "all of it");
  EXPECT_TRUE(exchange(0).complete);
}

// A reset, or a process that was killed: nobody knows what was still to come.
TEST_F(OneConnection, AResetCutsABodyWithoutLength) {
  open();
  in(kGet);
  out("HTTP/1.0 200 OK\r\n\r\nuntil the e");
  rig.feed(tcp.reset());
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_FALSE(exchange(0).complete);
  EXPECT_EQ(exchange(0).notes, "response_cut");
}

TEST_F(OneConnection, TheEndOfTheRecordingCutsABodyWithoutLength) {
  open();
  in(kGet);
  out("HTTP/1.0 200 OK\r\n\r\nuntil the e");
  rig.recorder.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_FALSE(exchange(0).complete);
}

TEST_F(OneConnection, AResetAfterTheEndOfTheResponseDoesNotCutIt) {
  open();
  in(kGet);
  const auto late = tcp.out("HTTP/1.0 200 OK\r\n\r\nuntil the end");
  rig.feed(tcp.end_out());
  rig.feed(tcp.reset());
  rig.feed(late);
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(exchange(0).complete);
}

TEST_F(OneConnection, CloseInsideABodyLeavesAnIncompleteExchange) {
  open();
  in(kGet);
  out("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  close();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_FALSE(exchange(0).complete);
  EXPECT_EQ(exchange(0).notes, "response_cut");
}

TEST_F(OneConnection, ARequestWithoutResponseIsKeptAsSuch) {
  open();
  in(kGet);
  close();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(exchange(0).notes, "no_response");
  EXPECT_EQ(exchange(0).status, 0);
  EXPECT_EQ(exchange(0).duration_ns, -1);
}

TEST_F(OneConnection, AnEarlyRefusalPairsWithTheUploadItRefuses) {
  open();
  in("POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\nsome");
  out("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  close();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(exchange(0).status, 413);
  EXPECT_FALSE(exchange(0).complete);
  EXPECT_EQ(exchange(0).notes, "request_cut");
}

TEST_F(OneConnection, AnUpgradeMakesTheRestOpaque) {
  open();
  in("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  out("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi");
  in("\x81\x01x");
  close();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(exchange(0).status, 101);
  EXPECT_EQ(exchange(0).notes, "upgrade");
  ASSERT_EQ(rig.store.opaque.size(), 2U);
  EXPECT_EQ(rig.store.opaque[0].bytes, "\x81\x01x");
  EXPECT_TRUE(rig.store.opaque[0].from_client);
  EXPECT_EQ(rig.store.opaque[1].bytes, "\x81\x02hi");
  EXPECT_EQ(rig.store.opaque[1].reason, "upgraded");
}

TEST_F(OneConnection, BytesSentBeforeTheUpgradeWasAnsweredComeFirst) {
  open();
  in("GET /chat HTTP/1.1\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\nhello");
  out("HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\n\r\n");
  in(" there");
  close();
  ASSERT_EQ(rig.store.opaque.size(), 1U);
  EXPECT_EQ(rig.store.opaque[0].bytes, "hello there");
  EXPECT_EQ(rig.store.opaque[0].position, 58U);
}

TEST_F(OneConnection, WhatTheParserRefusesIsKeptAndMarked) {
  open();
  in(kGet);
  out(std::string(kOk) + "ab");
  in("this is not http\r\n\r\n");
  out("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  close();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  ASSERT_EQ(rig.store.opaque.size(), 2U);
  EXPECT_EQ(rig.store.opaque[0].bytes, "this is not http\r\n\r\n");
  EXPECT_EQ(rig.store.opaque[0].position, std::string(kGet).size());
}

// The rest of the connection was opaque, and its exchanges were missing.
TEST_F(OneConnection, AHeadThatCannotBeReadIsOpaqueAlone) {
  open();
  const std::string bad = "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const std::size_t cut : {bad.size(), std::size_t{10}}) {
    in(kGet);
    out(std::string(kOk) + "ab");
    in(bad.substr(0, cut));
    if (cut < bad.size()) in(bad.substr(cut));
    out("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno");
  }
  in(kGet);
  out(std::string(kOk) + "ab");
  close();
  ASSERT_EQ(rig.store.exchanges.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(exchange(i).complete) << i;
  ASSERT_EQ(rig.store.opaque.size(), 4U);
  EXPECT_EQ(rig.store.opaque[2].bytes, bad);
  EXPECT_EQ(rig.store.opaque[3].reason, "bad request head");
}

TEST_F(OneConnection, ARefusedResponseInsideAnUploadLetsTheUploadEnd) {
  open();
  in("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nsome");
  out("no http at all\r\n\r\n");
  in(" more!");
  in(kGet);
  close();
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_EQ(exchange(0).request_body.bytes, "some more!");
  EXPECT_FALSE(exchange(0).complete);
  EXPECT_EQ(exchange(0).notes, "response_refused,no_response");
  EXPECT_EQ(exchange(1).target, "/a");
}

TEST_F(OneConnection, TlsIsNamed) {
  open();
  in(std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10));
  close();
  ASSERT_EQ(rig.store.opaque.size(), 1U);
  EXPECT_EQ(rig.store.opaque[0].reason, "tls");
}

TEST_F(OneConnection, LongOpaqueStreamsAreCutAndCounted) {
  open();
  in("\x01" + std::string(100'000, 'x'));
  close();
  EXPECT_EQ(rig.skipped(Skip::kOpaqueLimit), 100'001U - 65'536U);
}

TEST_F(OneConnection, JoinedInTheMiddleStartsAtTheNextRequest) {
  out("rest of an earlier answer");
  in(kGet);
  out(std::string(kOk) + "ab");
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(exchange(0).complete);
  EXPECT_TRUE(rig.store.connections[0].open_before);
  EXPECT_EQ(rig.skipped(Skip::kUnsynced), 25U);
}

TEST_F(OneConnection, JoinedInsideAnUploadInventsNothing) {
  in("rest of a body that was being uploaded");
  out(std::string(kOk) + "ab");
  in(kGet);
  out(std::string(kOk) + "cd");
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(exchange(0).response_body.bytes, "cd");
}

TEST_F(OneConnection, CallsThatTheProcessMakesAreNotItsResponses) {
  out("GET /upstream HTTP/1.1\r\nHost: other\r\n\r\n");
  in("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  out("GET /upstream HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_TRUE(rig.store.exchanges.empty());
  EXPECT_GT(rig.skipped(Skip::kOutgoing), 100U);
}

TEST_F(OneConnection, AHoleInABodyMarksOnlyThatExchange) {
  open();
  in(kGet);
  out("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  tcp.miss_out(4);
  out("xyz");
  in(kGet);
  out(std::string(kOk) + "ab");
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_FALSE(exchange(0).complete);
  EXPECT_EQ(exchange(0).notes, "hole_in_response");
  EXPECT_EQ(exchange(0).response_body.wire_bytes, 10U);
  EXPECT_EQ(exchange(0).response_body.bytes, "abcxyz");
  EXPECT_TRUE(exchange(1).complete);
}

TEST_F(OneConnection, AHoleThatTheKernelReportsCountsTheSame) {
  open();
  in(kGet);
  out("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  rig.feed(tcp.hole_out(100));
  in(kGet);
  out(std::string(kOk) + "ab");
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_EQ(exchange(0).response_body.wire_bytes, 100U);
  EXPECT_FALSE(exchange(0).complete);
  EXPECT_TRUE(exchange(1).complete);
}

TEST_F(OneConnection, AHoleInAHeadLosesSyncUntilTheNextCleanBoundary) {
  open();
  in(kGet);
  out("HTTP/1.1 200 OK\r\nConte");
  tcp.miss_out(7);
  out("gth: 2\r\n\r\nab");
  in(kGet);
  out(std::string(kOk) + "ab");
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_FALSE(exchange(0).complete);
  EXPECT_TRUE(exchange(1).complete);
}

TEST_F(OneConnection, AResponseThatIsStillOwedIsNotGivenToALaterRequest) {
  open();
  in("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
  out("HTTP/1.1 200 OK\r\nConte");
  tcp.miss_out(7);
  out("gth: 2\r\n\r\nab");
  in("GET /3 HTTP/1.1\r\n\r\n");
  out(std::string(kOk) + "22");  // the response to /2
  out(std::string(kOk) + "33");
  close();
  for (const auto& row : rig.store.exchanges) EXPECT_FALSE(row.complete) << row.target;
}

TEST_F(OneConnection, AMissingEndIsSeenAtTheClose) {
  open();
  in(kGet);
  out("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
  tcp.miss_out(50);
  close();
  rig.recorder.settle_ended(INT64_MAX);
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_FALSE(exchange(0).complete);
  EXPECT_EQ(exchange(0).response_body.wire_bytes, 53U);
}

// A reset can end the connection on one processor while the write that it cuts off still returns on another.
TEST_F(OneConnection, AnEndThatOvertakesTheLastWriteWaitsForIt) {
  open();
  in(kGet);
  const auto late = tcp.out(std::string(kOk) + "ab");
  rig.feed(tcp.close());
  EXPECT_TRUE(rig.store.exchanges.empty());
  rig.feed(late);
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(exchange(0).complete);
  EXPECT_EQ(rig.store.connections.size(), 1U);
}

TEST_F(OneConnection, AnEndWhoseBytesNeverComeSettlesAsAHole) {
  open();
  in(kGet);
  tcp.miss_out(100);
  rig.feed(tcp.close());
  EXPECT_TRUE(rig.store.exchanges.empty());
  rig.recorder.settle_ended(static_cast<std::int64_t>(tcp.time_ns) + 100'000'000);
  EXPECT_TRUE(rig.store.exchanges.empty());
  rig.recorder.settle_ended(static_cast<std::int64_t>(tcp.time_ns) + 300'000'000);
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_FALSE(exchange(0).complete);
}

TEST_F(OneConnection, ASocketAddressThatIsReusedIsAnotherConnection) {
  open();
  in(kGet);
  FakeConnection next(1, 500);
  next.inode = 78;
  rig.feed(next.in(kGet));
  rig.feed(next.out(std::string(kOk) + "ab"));
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_EQ(exchange(0).notes, "no_response");
  EXPECT_TRUE(exchange(1).complete);
  EXPECT_NE(exchange(0).connection_id, exchange(1).connection_id);
}

// The client of a connection that nobody has accepted yet resets it; its socket lies where an older one lay, whose end
// was not reported (it had ended before accept returned).
TEST_F(OneConnection, TheEndOfASocketThatWasNeverAcceptedSaysNothingOfAnOlderOne) {
  open();
  in(kGet);
  FakeConnection reset(1, 0x70000000);
  reset.inode = 0;
  reset.peer_port = 40001;
  rig.feed(reset.close());
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(exchange(0).notes, "no_response");
  EXPECT_EQ(rig.sink.counts().gap_bytes, 0U);
}

TEST_F(OneConnection, LongBodiesLeaveMemoryInPieces) {
  const std::string body(1'000'000, 'b');
  open();
  in(kGet);
  out("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
  for (std::size_t at = 0; at < body.size(); at += 50'000) out(std::string_view(body).substr(at, 50'000));
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_NE(exchange(0).response_body.stream_key, 0U);
  EXPECT_EQ(exchange(0).response_body.bytes, body);
  EXPECT_TRUE(exchange(0).complete);
}

TEST(Filters, ExcludedExchangesAreCountedNotStored) {
  TraceSink::Options options;
  options.filter.exclude.push_back(*EndpointPattern::parse("/a"));
  Rig rig(options);
  FakeConnection tcp{1};
  rig.feed(tcp.open());
  rig.feed(tcp.in(kGet));
  rig.feed(tcp.out(std::string(kOk) + "ab"));
  EXPECT_TRUE(rig.store.exchanges.empty());
  EXPECT_EQ(rig.skipped(Skip::kFiltered), std::string(kGet).size() + std::string(kOk).size() + 2);
  rig.finish();
}

TEST(Limits, ExchangesBeyondTheLimitAreCounted) {
  TraceSink::Options options;
  options.max_exchanges = 2;
  Rig rig(options);
  FakeConnection tcp{1};
  rig.feed(tcp.open());
  for (int i = 0; i < 5; ++i) {
    rig.feed(tcp.in(kGet));
    rig.feed(tcp.out(std::string(kOk) + "ab"));
  }
  EXPECT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_EQ(rig.sink.counts().skipped[static_cast<std::size_t>(Skip::kLimit)].count, 3U);
  rig.finish();
}

TEST(SlowStore, BodiesEndWhereTheQueueWasFull) {
  Rig rig;
  rig.store.refuse_every = 4;
  FakeConnection tcp{1};
  rig.feed(tcp.open());
  const std::string body(300'000, 'x');
  for (int i = 0; i < 50; ++i) {
    rig.feed(tcp.in(kGet));
    rig.feed(tcp.out("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body));
  }
  rig.finish();
  EXPECT_GT(rig.skipped(Skip::kQueueFull), 0U);
  EXPECT_GT(rig.store.exchanges.size(), 20U);
  std::size_t cut = 0;
  for (const auto& row : rig.store.exchanges) {
    EXPECT_EQ(row.response_body.wire_bytes, 300'000U);
    EXPECT_EQ(row.complete, row.response_body.bytes.size() == 300'000U);
    EXPECT_EQ(row.notes, row.complete ? "" : "queue_full");
    EXPECT_EQ(row.response_body.bytes, body.substr(0, row.response_body.bytes.size()));
    if (!row.complete) ++cut;
  }
  EXPECT_GT(cut, 3U);
}

// Go's server reads the first byte of the next request ahead of the rest.
TEST(Connection, AConnectionIsJoinedAtARequestThatComesInPieces) {
  Rig rig({}, OpenSockets(1, true));
  FakeConnection tcp(1);
  for (const char* piece : {"G", "ET /a HTT", "P/1.1\r\nHost: a\r\n\r\n"}) rig.feed(tcp.in(piece));
  rig.feed(tcp.out("HTTP/1.1 204 No Content\r\n\r\n"));
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(rig.store.exchanges[0].complete);
  EXPECT_EQ(rig.store.exchanges[0].request_head, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(rig.skipped(Skip::kUnsynced), 0U);
}

// On a busy machine its read is seen before the write of the response that the client had waited for.
TEST(Connection, ARequestMayBeginBeforeTheResponseToTheOneBeforeIsSeen) {
  Rig rig;
  FakeConnection tcp(1);
  for (int i = 0; i < 2; ++i) {
    rig.feed(tcp.in("G"));
    rig.feed(tcp.out("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"));
    rig.feed(tcp.out(i == 0 ? "old" : "one"));
    rig.feed(tcp.in(i == 0 ? "ET /one HTTP/1.1\r\n\r\n" : "ET /two HTTP/1.1\r\n\r\n"));
  }
  rig.feed(tcp.out("HTTP/1.1 204 No Content\r\n\r\n"));
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_EQ(rig.store.exchanges[0].target, "/one");
  EXPECT_EQ(rig.store.exchanges[0].response_body.bytes, "one");
  EXPECT_EQ(rig.store.exchanges[1].target, "/two");
  EXPECT_EQ(rig.store.exchanges[1].status, 204);
  EXPECT_EQ(rig.skipped(Skip::kUnsynced), std::string("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold").size());
}

TEST(Connection, WhatOnlyLookedLikeTheStartOfARequestIsPassedOver) {
  for (const bool answered : {true, false}) {
    Rig rig;
    FakeConnection tcp(1);
    rig.feed(tcp.in("GE"));
    if (answered) {
      rig.feed(tcp.out("something"));
    } else {
      rig.feed(tcp.in("NESIS"));
    }
    rig.feed(tcp.in("GET /a HTTP/1.1\r\n\r\n"));
    rig.feed(tcp.out("HTTP/1.1 204 No Content\r\n\r\n"));
    rig.feed(tcp.close());
    rig.finish();
    EXPECT_EQ(rig.store.exchanges.size(), answered ? 1U : 0U);
    EXPECT_GT(rig.skipped(Skip::kUnsynced), 0U);
  }
}

}  // namespace
}  // namespace tracerec::record
