// Whole exchanges that the kernel side shed (bpf/overload.h): what comes after them is read as what it is.
#include "rig.h"

namespace tracerec::record {
namespace {

using testing::FakeConnection;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\n\r\n";
constexpr std::string_view kResponse = "HTTP/1.1 204 No Content\r\n\r\n";

FakeConnection::Stored resumed(FakeConnection::Stored event) {
  event.header.flags |= TR_RESUMED;
  return event;
}

TEST(Overload, NothingIsIncompleteAroundExchangesThatWereShed) {
  Rig rig;
  FakeConnection tcp(1);
  rig.feed(tcp.open());
  rig.feed(tcp.in(kGet));
  rig.feed(tcp.out(kResponse));
  tcp.miss_in(300);
  tcp.miss_out(500);
  rig.feed(resumed(tcp.in(kGet)));
  rig.feed(tcp.out(kResponse));
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_TRUE(rig.store.exchanges[0].complete);
  EXPECT_TRUE(rig.store.exchanges[1].complete);
  EXPECT_EQ(rig.sink.counts().gap_bytes, 0U);
}

// Nothing of it came, but it did carry requests, and was not open before.
TEST(Overload, AConnectionThatWasShedIsNotSaidToHaveCarriedNoRequest) {
  Rig rig;
  FakeConnection tcp(1);
  rig.feed(tcp.open());
  tcp.miss_in(300);
  tcp.miss_out(500);
  rig.feed(tcp.close());
  rig.finish();
  EXPECT_EQ(rig.sink.counts().no_request, 0U);
  EXPECT_EQ(rig.sink.counts().not_http, 0U);
}

TEST(Overload, AResponseThatWasStillOwedIsNotPairedWithTheNextRequest) {
  Rig rig;
  FakeConnection tcp(1);
  rig.feed(tcp.open());
  rig.feed(tcp.in(kGet));
  tcp.miss_out(500);
  rig.feed(resumed(tcp.in("GET /b HTTP/1.1\r\n\r\n")));
  rig.feed(tcp.out(kResponse));
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_FALSE(rig.store.exchanges[0].complete);
  EXPECT_EQ(rig.store.exchanges[1].target, "/b");
  EXPECT_TRUE(rig.store.exchanges[1].complete);
}

TEST(Overload, ALongRequestInPiecesIsTakenAsAWhole) {
  Rig rig;
  FakeConnection tcp(1);
  rig.feed(tcp.open());
  tcp.miss_in(70);
  tcp.miss_out(70);
  rig.feed(resumed(tcp.in("POST /up HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc")));
  rig.feed(tcp.in("def"));
  rig.feed(tcp.out(kResponse));
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(rig.store.exchanges[0].complete);
  EXPECT_EQ(rig.store.exchanges[0].request_body.bytes, "abcdef");
}

// Go reads the first byte of a request ahead.
TEST(Overload, ARequestMayBeginWithASingleByte) {
  Rig rig;
  FakeConnection tcp(1);
  rig.feed(tcp.open());
  tcp.miss_in(70);
  tcp.miss_out(70);
  rig.feed(resumed(tcp.in(kGet.substr(0, 1))));
  rig.feed(tcp.in(kGet.substr(1)));
  rig.feed(tcp.out(kResponse));
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(rig.store.exchanges[0].complete);
}

// The kernel's memory of a socket that was shed may fall out of its list: then there is a hole like any other.
TEST(Overload, WithoutTheMarkItIsAHole) {
  Rig rig;
  FakeConnection tcp(1);
  rig.feed(tcp.open());
  rig.feed(tcp.in(kGet));
  rig.feed(tcp.out(kResponse));
  tcp.miss_in(300);
  tcp.miss_out(500);
  rig.feed(tcp.in(kGet));
  rig.feed(tcp.out(kResponse));
  rig.feed(tcp.close());
  rig.finish();
  EXPECT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(rig.sink.counts().gap_bytes, 800U);
}

}  // namespace
}  // namespace tracerec::record
