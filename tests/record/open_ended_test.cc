// Streams of events that were still running when the client left or the recording ended.
#include "rig.h"

namespace tracerec::record {
namespace {

using testing::FakeConnection;

constexpr std::string_view kGet = "GET /events HTTP/1.1\r\n\r\n";
constexpr std::string_view kStream =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream;charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kEvent = "9\r\ndata: a\n\n\r\n";

struct OpenEnded : ::testing::Test {
  void begin(std::string_view head = kStream) {
    rig.feed(tcp.open());
    rig.feed(tcp.in(kGet));
    rig.feed(tcp.out(head));
  }
  void expect_notes(std::string_view notes) {
    rig.finish();
    ASSERT_EQ(rig.store.exchanges.size(), 1U);
    EXPECT_EQ(rig.store.exchanges[0].notes, notes);
    EXPECT_FALSE(rig.store.exchanges[0].complete);
    const bool open = notes == "open_ended";
    EXPECT_EQ(rig.sink.counts().open_ended.count, open ? 1U : 0U);
    EXPECT_EQ(rig.sink.counts().incomplete.count, open ? 0U : 1U);
  }

  Rig rig;
  FakeConnection tcp{1};
};

TEST_F(OpenEnded, AStreamThatRunsAtTheEndOfTheRecordingIsNotIncomplete) {
  begin();
  rig.feed(tcp.out(kEvent));
  expect_notes("open_ended");
  EXPECT_EQ(rig.store.exchanges[0].response_body.bytes, kEvent);
}

TEST_F(OpenEnded, NorIsOneWhoseClientLeft) {
  begin();
  rig.feed(tcp.out(kEvent));
  rig.feed(tcp.reset());
  expect_notes("open_ended");
}

TEST_F(OpenEnded, NorOneBeforeItsFirstEvent) {
  begin();
  expect_notes("open_ended");
}

TEST_F(OpenEnded, NorOneWithoutChunks) {
  begin("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  rig.feed(tcp.out("data: a\n\n"));
  rig.feed(tcp.reset());
  expect_notes("open_ended");
}

TEST_F(OpenEnded, OneThatItsServerBrokeOffIsIncomplete) {
  begin();
  rig.feed(tcp.out(kEvent));
  rig.feed(tcp.end_out());  // without the last chunk
  rig.feed(tcp.close());
  expect_notes("response_cut");
}

TEST_F(OpenEnded, OneWhoseServerSentAResetIsIncomplete) {
  begin();
  rig.feed(tcp.out(kEvent));
  rig.feed(tcp.reset_by_process());
  expect_notes("response_cut");
}

TEST_F(OpenEnded, OneWhoseServerWasKilledIsIncomplete) {
  begin("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  rig.feed(tcp.out("data: a\n\n"));
  rig.feed(tcp.killed());
  rig.feed(tcp.close());
  expect_notes("response_cut");
}

// The end of the process is seen before those of its sockets.
TEST_F(OpenEnded, OneWhoseProcessIsGoneIsIncomplete) {
  begin();
  rig.feed(tcp.out(kEvent));
  rig.feed(tcp.exit());
  expect_notes("response_cut");
}

TEST_F(OpenEnded, OneThatIsShorterThanItsLengthIsIncomplete) {
  begin("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\n");
  rig.feed(tcp.out("data: a\n\n"));
  rig.feed(tcp.end_out());
  rig.feed(tcp.close());
  expect_notes("response_cut");
}

// The client's FIN came first.
TEST_F(OpenEnded, NorOneThatTheServerEndedAfterTheClient) {
  begin("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  rig.feed(tcp.out("data: a\n\n"));
  rig.feed(tcp.end_out_last());
  rig.feed(tcp.close());
  expect_notes("open_ended");
}

TEST_F(OpenEnded, OneThatTheServerEndedFirstIsComplete) {
  begin("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  rig.feed(tcp.out("data: a\n\n"));
  rig.feed(tcp.end_out());
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(rig.store.exchanges[0].complete);
}

TEST_F(OpenEnded, OneWithAHoleIs) {
  begin();
  rig.feed(tcp.out(kEvent));
  tcp.miss_out(14);
  rig.feed(tcp.out(kEvent));
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(rig.store.exchanges[0].notes.find("open_ended"), std::string::npos);
}

TEST_F(OpenEnded, AnythingElseThatIsCutIs) {
  begin("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  rig.feed(tcp.out("3\r\n[1,\r\n"));
  expect_notes("response_cut");
}

// It cannot be read without its end.
TEST_F(OpenEnded, OneThatIsCompressedIs) {
  begin("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n");
  rig.feed(tcp.out("\x1f\x8b"));
  rig.feed(tcp.reset());
  expect_notes("response_cut");
}

TEST_F(OpenEnded, AnErrorIs) {
  begin("HTTP/1.1 500 Oops\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  expect_notes("response_cut");
}

TEST_F(OpenEnded, OneThatEndsIsComplete) {
  begin();
  rig.feed(tcp.out(std::string(kEvent) + "0\r\n\r\n"));
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(rig.store.exchanges[0].complete);
}

TEST(OpenEndedLimit, OneThatIsLongerThanMaxBodyIs) {
  TraceSink::Options options;
  options.max_body_bytes = 5;
  Rig rig(options);
  FakeConnection tcp(1);
  rig.feed(tcp.open());
  rig.feed(tcp.in(kGet));
  rig.feed(tcp.out(std::string(kStream) + std::string(kEvent)));
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(rig.store.exchanges[0].notes, "max_body,response_cut");
}

}  // namespace
}  // namespace tracerec::record
