// The process as a client of others: --outgoing.
#include "rig.h"

namespace tracerec::record {
namespace {

using testing::FakeConnection;

TraceSink::Options outgoing() {
  TraceSink::Options options;
  options.outgoing = true;
  return options;
}

TEST(Outgoing, CallsToOthersAreLeftOutUnlessAskedFor) {
  Rig rig;
  FakeConnection tcp(1);
  rig.feed(tcp.out("GET /a HTTP/1.1\r\n\r\n"));
  rig.feed(tcp.in("HTTP/1.1 204 No Content\r\n\r\n"));
  rig.feed(tcp.close());
  rig.finish();
  EXPECT_TRUE(rig.store.exchanges.empty());
  EXPECT_GT(rig.skipped(Skip::kOutgoing), 0U);
}

TEST(Outgoing, ACallIsAnExchangeInTheRoleOfTheClient) {
  Rig rig(outgoing());
  FakeConnection tcp(1);
  for (int i = 0; i < 2; ++i) {
    rig.feed(tcp.out("GET /a HTTP/1.1\r\n\r\n"));
    rig.feed(tcp.in("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"));
    rig.feed(tcp.in("k"));
  }
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_TRUE(rig.store.exchanges[1].complete);
  EXPECT_EQ(rig.store.exchanges[1].target, "/a");
  EXPECT_EQ(rig.store.exchanges[1].response_body.bytes, "ok");
  EXPECT_NE(rig.store.exchanges[1].notes.find("outgoing"), std::string::npos);
  EXPECT_EQ(rig.store.connections.at(0).role, schema::Role::kClient);
}

TEST(Outgoing, AResponseThatEndsAtCloseEndsWithTheConnection) {
  Rig rig(outgoing());
  FakeConnection tcp(1);
  rig.feed(tcp.out("GET /a HTTP/1.0\r\n\r\n"));
  rig.feed(tcp.in("HTTP/1.0 200 OK\r\n\r\nhello"));
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(rig.store.exchanges[0].complete);
  EXPECT_EQ(rig.store.exchanges[0].response_body.bytes, "hello");
}

// The process has sent its last byte; the response is still on its way.
TEST(Outgoing, AClientThatHasSentItsLastIsStillAnswered) {
  Rig rig(outgoing());
  FakeConnection tcp(1);
  rig.feed(tcp.out("GET /a HTTP/1.0\r\n\r\n"));
  rig.feed(tcp.in("HTTP/1.0 200 OK\r\n\r\nhel"));
  rig.feed(tcp.end_out());
  rig.feed(tcp.in("lo"));
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(rig.store.exchanges[0].response_body.bytes, "hello");
}

TEST(Outgoing, JoinedInTheMiddleOfAnResponseItWaitsForTheNextRequest) {
  Rig rig(outgoing());
  FakeConnection tcp(1);
  rig.feed(tcp.in("rest of an earlier answer"));
  rig.feed(tcp.out("GET /b HTTP/1.1\r\n\r\n"));
  rig.feed(tcp.in("HTTP/1.1 204 No Content\r\n\r\n"));
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(rig.store.exchanges[0].target, "/b");
  EXPECT_EQ(rig.store.exchanges[0].status, 204);
  EXPECT_EQ(rig.skipped(Skip::kUnsynced), 25U);
}

TEST(Outgoing, AHoleInAnResponseMarksThatExchangeOnly) {
  Rig rig(outgoing());
  FakeConnection tcp(1);
  rig.feed(tcp.out("GET /a HTTP/1.1\r\n\r\n"));
  rig.feed(tcp.in("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab"));
  tcp.miss_in(2);
  rig.feed(tcp.in("ef"));
  rig.feed(tcp.out("GET /b HTTP/1.1\r\n\r\n"));
  rig.feed(tcp.in("HTTP/1.1 204 No Content\r\n\r\n"));
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_FALSE(rig.store.exchanges[0].complete);
  EXPECT_EQ(rig.store.exchanges[0].response_body.wire_bytes, 6U);
  EXPECT_TRUE(rig.store.exchanges[1].complete);
  EXPECT_EQ(rig.sink.counts().gap_bytes, 2U);
}

TEST(Outgoing, AServersConnectionIsNotTurnedRound) {
  Rig rig(outgoing());
  FakeConnection tcp(1);
  rig.feed(tcp.open());
  rig.feed(tcp.in("POST /a HTTP/1.1\r\nContent-Length: 19\r\n\r\n"));
  rig.feed(tcp.in("GET /x HTTP/1.1\r\n\r\n"));
  rig.feed(tcp.out("HTTP/1.1 204 No Content\r\n\r\n"));
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(rig.store.connections.at(0).role, schema::Role::kServer);
}

}  // namespace
}  // namespace tracerec::record
