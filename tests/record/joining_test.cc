// Connections that were open before the recorder came. What looks like a request in the middle of an upload is none.
#include "rig.h"

namespace tracerec::record {
namespace {

using testing::FakeConnection;

constexpr std::string_view kGet = "GET /real HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kInvented = "GET /invented HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::int64_t kListed = 500'000;  // before the first event of a FakeConnection

OpenSockets known(LastMoved last, bool accepted = true) {
  OpenSockets sockets(kListed, true);
  sockets.add(77, {last, accepted});
  return sockets;
}

class Joining : public ::testing::TestWithParam<LastMoved> {
 protected:
  explicit Joining(LastMoved last = GetParam()) : rig({}, known(last)) {}
  void in(std::string_view bytes) { rig.feed(tcp.in(bytes)); }
  void out(std::string_view bytes) { rig.feed(tcp.out(bytes)); }

  // Only the exchanges to /real, each complete.
  void expect_real(std::size_t count) {
    rig.feed(tcp.close());
    rig.finish();
    EXPECT_EQ(rig.store.exchanges.size(), count);
    for (const auto& row : rig.store.exchanges) {
      EXPECT_EQ(row.target, "/real");
      EXPECT_TRUE(row.complete) << row.notes;
    }
  }

  Rig rig;
  FakeConnection tcp{1};
};

struct UnderWay : Joining {};
INSTANTIATE_TEST_SUITE_P(All, UnderWay, ::testing::Values(LastMoved::kUnknown, LastMoved::kReceived));

// The recorder came in the middle of an upload whose bytes look like a request: an exchange was invented, complete.
TEST_P(UnderWay, AnUploadThatLooksLikeARequestInventsNothing) {
  in(kInvented);
  out(kOk);
  in(kGet);
  out(kOk);
  expect_real(1);
  EXPECT_EQ(rig.sink.counts().under_way, 1U);
}

TEST_P(UnderWay, NorDoesOneThatLooksLikeManyRequests) {
  for (int i = 0; i < 5; ++i) in(std::string(kInvented) + std::string(kInvented));
  in("the end");
  out(kOk);
  for (int i = 0; i < 3; ++i) {
    in(kGet);
    out(kOk);
  }
  expect_real(3);
}

TEST_P(UnderWay, NorOneThatGoesOnAfter100Continue) {
  out("HTTP/1.1 100 Continue\r\n\r\n");
  in(kInvented);
  out(kOk);
  in(kGet);
  out(kOk);
  expect_real(1);
}

// 413, while the client goes on to send what it has begun.
TEST_P(UnderWay, NorOneThatIsAnsweredBeforeItsEnd) {
  in("some bytes");
  out(kOk);
  in(kInvented);
  in("more of the upload");
  in(kGet);
  out(kOk);
  in(kGet);
  out(kOk);
  expect_real(1);
}

// The invented request would be complete only with the bytes of the real one.
TEST_P(UnderWay, NorOneThatIsAnsweredEarlyAndSwallowsTheNextRequest) {
  in("some bytes");
  out(kOk);
  in("POST /invented HTTP/1.1\r\nContent-Length: 1000\r\n\r\nmore of the upload");
  in(kGet);
  out(kOk);
  in(kGet);
  out(kOk);
  expect_real(1);
}

TEST_P(UnderWay, NorOneThatIsAnsweredEarlyAndThenEnds) {
  in("some bytes");
  out(kOk);
  in(kInvented);
  expect_real(0);
}

// The connection was taken for one on which the process is the client, and everything on it was passed over.
TEST_P(UnderWay, AnUploadThatLooksLikeAResponseDoesNotTurnTheRolesAround) {
  in(kOk);
  out(kOk);
  in(kGet);
  out(kOk);
  expect_real(1);
}

TEST_P(UnderWay, ADownloadThatLooksLikeARequestDoesNotTurnTheRolesAround) {
  out(kInvented);
  in(kGet);
  out(kOk);
  expect_real(1);
}

struct Idle : Joining {};
INSTANTIATE_TEST_SUITE_P(All, Idle, ::testing::Values(LastMoved::kNothing, LastMoved::kSent, LastMoved::kEither));

TEST_P(Idle, AnIdleConnectionIsJoinedAtItsNextRequest) {
  in(kGet);
  out(kOk);
  expect_real(1);
  EXPECT_EQ(rig.sink.counts().under_way, 0U);
  EXPECT_EQ(rig.skipped(Skip::kUnsynced), 0U);
}

TEST_P(Idle, AlsoWhenItComesInPieces) {
  for (const char* piece : {"G", "ET /real HTT", "P/1.1\r\nHost: a\r\n\r\n"}) in(piece);
  out(kOk);
  expect_real(1);
}

// They may as well be the rest of an upload that was answered early.
TEST_P(Idle, PipelinedRequestsAreTakenOnANewConnectionOnly) {
  in(std::string(kGet) + std::string(kGet));
  out(std::string(kOk) + std::string(kOk));
  expect_real(GetParam() == LastMoved::kNothing ? 2 : 0);
}

TEST_P(Idle, AlsoWhenItWaitsFor100Continue) {
  in("POST /real HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  out("HTTP/1.1 100 Continue\r\n\r\n");
  in("ab");
  out(kOk);
  expect_real(1);
}

// What moved before the list was made is in it.
TEST(JoiningLists, AListThatIsYoungerThanTheFirstEventSaysNothing) {
  OpenSockets sockets(2'000'000, true);
  sockets.add(77, {LastMoved::kSent, true});
  Rig rig({}, std::move(sockets));
  FakeConnection tcp(1);
  for (int i = 0; i < 2; ++i) {
    rig.feed(tcp.in(i == 0 ? kInvented : kGet));
    rig.feed(tcp.out(kOk));
  }
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(rig.store.exchanges[0].target, "/real");
}

TEST(JoiningLists, ASocketThatIsNotInAWholeListCameLater) {
  for (const bool whole : {true, false}) {
    Rig rig({}, OpenSockets(kListed, whole));
    FakeConnection tcp(1);
    rig.feed(tcp.in(kGet));
    rig.feed(tcp.out(kOk));
    rig.finish();
    EXPECT_EQ(rig.store.exchanges.size(), whole ? 1U : 0U);
  }
}

// Go reads the first byte of the next request ahead.
TEST(JoiningLists, AByteOfTheNextRequestRefutesNothing) {
  Rig rig;
  FakeConnection tcp(1);
  rig.feed(tcp.in(kGet));
  rig.feed(tcp.out(kOk));
  rig.feed(tcp.in(kGet));
  rig.feed(tcp.in("G"));
  rig.feed(tcp.out(kOk));
  rig.feed(tcp.in("ET /real HTTP/1.1\r\n\r\n"));
  rig.feed(tcp.out(kOk));
  rig.finish();
  EXPECT_EQ(rig.store.exchanges.size(), 2U);
}

}  // namespace
}  // namespace tracerec::record
