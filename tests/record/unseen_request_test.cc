// Requests that the process read by a way that shows no bytes, and whose responses are seen.
#include "rig.h"

namespace tracerec::record {
namespace {

using testing::FakeConnection;

constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view kGet = "GET /next HTTP/1.1\r\n\r\n";

OpenSockets list_without_it() {
  return {500'000, true};  // before the first event of a FakeConnection
}

OpenSockets list_with_it() {
  OpenSockets list(500'000, true);
  list.add(77, {LastMoved::kReceived, true});
  return list;
}

struct UnseenRequest : ::testing::Test {
  // The first thing that the process sends, after it has received `received` bytes.
  static FakeConnection::Stored first_response(FakeConnection& tcp, std::uint32_t received) {
    auto event = tcp.out(kResponse);
    event.header.flags |= TR_FIRST_OUT;
    tcp.miss_in(received);
    return event;
  }
};

TEST_F(UnseenRequest, OfANewConnectionIsSaidAndCounted) {
  Rig rig({}, list_without_it());
  FakeConnection tcp(1);
  rig.feed(first_response(tcp, 40));
  rig.feed(tcp.close());
  rig.finish();
  EXPECT_EQ(rig.sink.counts().unseen_request, 1U);
  EXPECT_EQ(rig.sink.counts().no_request, 0U);
  EXPECT_EQ(rig.sink.counts().gap_bytes, 40U);
  EXPECT_EQ(rig.store.exchanges.size(), 0U);
}

TEST_F(UnseenRequest, DoesNotHideTheNextOne) {
  Rig rig({}, list_without_it());
  FakeConnection tcp(1);
  rig.feed(first_response(tcp, 40));
  rig.feed(tcp.in(kGet));
  rig.feed(tcp.out(kResponse));
  rig.feed(tcp.close());
  rig.finish();
  EXPECT_EQ(rig.sink.counts().gap_bytes, 40U);
  EXPECT_EQ(rig.sink.counts().unseen_request, 1U);
}

// What it received was received before the recorder came.
TEST_F(UnseenRequest, IsNoneOfAConnectionThatWasOpenBefore) {
  Rig rig({}, list_with_it());
  FakeConnection tcp(1);
  rig.feed(first_response(tcp, 40));
  rig.feed(tcp.in(kGet));
  rig.feed(tcp.out(kResponse));
  rig.feed(tcp.close());
  rig.finish();
  EXPECT_EQ(rig.sink.counts().unseen_request, 0U);
  EXPECT_EQ(rig.sink.counts().gap_bytes, 0U);
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(rig.store.exchanges[0].target, "/next");
  EXPECT_TRUE(rig.store.exchanges[0].complete);
}

// Also where it is not known whether it was.
TEST_F(UnseenRequest, IsNoneOfOneOfWhichNothingIsKnown) {
  Rig rig;
  FakeConnection tcp(1);
  rig.feed(first_response(tcp, 40));
  rig.feed(tcp.in(kGet));
  rig.feed(tcp.out(kResponse));
  rig.feed(tcp.close());
  rig.finish();
  EXPECT_EQ(rig.sink.counts().unseen_request, 0U);
  EXPECT_EQ(rig.sink.counts().gap_bytes, 0U);
}

// The flag is on each first response: that of a request that was seen is nothing special.
TEST_F(UnseenRequest, IsNoneThatWasSeen) {
  Rig rig({}, list_without_it());
  FakeConnection tcp(1);
  auto request = tcp.in(kGet);
  request.header.flags |= TR_FIRST;
  rig.feed(request);
  rig.feed(first_response(tcp, 0));
  rig.feed(tcp.in(kGet));
  rig.feed(tcp.out(kResponse));
  rig.feed(tcp.close());
  rig.finish();
  EXPECT_EQ(rig.sink.counts().unseen_request, 0U);
  EXPECT_EQ(rig.store.exchanges.size(), 2U);
}

}  // namespace
}  // namespace tracerec::record
