// Events that a real kernel sent, played through the recorder without one. tests/data/gin-session.events was written by
// `tracerec record --save-events` while a client talked to the gin server: four requests one after the other, three
// pipelined, a chunked upload with Expect: 100-continue, a 404 on a connection that then closes; and on a second
// connection garbage, which the server refuses.
#include "record/event_file.h"
#include "rig.h"

namespace tracerec::record {
namespace {

class RecordedEvents : public ::testing::Test {
 protected:
  void SetUp() override {
    auto source = EventFileSource::open(TRACEREC_SOURCE_DIR "/tests/data/gin-session.events");
    ASSERT_TRUE(source.has_value()) << source.error().message;
    ASSERT_TRUE((*source)->poll(0, [this](const Event& event) { rig.recorder.on_event(event); }).has_value());
    rig.finish();
    counters = (*source)->counters();
  }

  Rig rig;
  SourceCounters counters{};
};

TEST_F(RecordedEvents, EveryExchangeIsThere) {
  ASSERT_EQ(rig.store.exchanges.size(), 9U);
  const std::size_t sizes[] = {0, 1, 100, 5000, 3, 4, 5, 7};
  for (std::size_t i = 0; i < 8; ++i) {
    const schema::Exchange& row = rig.store.exchanges[i];
    EXPECT_TRUE(row.complete) << row.notes;
    EXPECT_EQ(row.status, 200);
    EXPECT_EQ(row.seq, static_cast<std::int64_t>(i));
    EXPECT_NE(row.request_body.bytes.find("{\"size\":" + std::to_string(sizes[i]) + "}"), std::string::npos);
    EXPECT_GT(row.response_body.bytes.size(), sizes[i]);
  }
  EXPECT_EQ(rig.store.exchanges[7].interim, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(rig.store.exchanges[8].status, 404);
}

TEST_F(RecordedEvents, GarbageIsKeptInBothDirections) {
  ASSERT_EQ(rig.store.opaque.size(), 2U);
  EXPECT_EQ(rig.store.opaque[0].bytes, "garbage\r\n\r\n");
  EXPECT_EQ(rig.store.opaque[1].bytes.rfind("HTTP/1.1 400 Bad Request", 0), 0U);
}

TEST_F(RecordedEvents, TheBooksOfKernelAndRecorderAgree) {
  Books books{counters, rig.recorder.received_bytes(), rig.recorder.fetched(), rig.sink.counts(), {}};
  books.written.exchanges = rig.store.exchanges.size();
  books.written.message_bytes = books.sink.stored.bytes;
  books.written.opaque_bytes = books.sink.opaque.bytes;
  EXPECT_EQ(imbalance(books), "");
  EXPECT_EQ(rig.store.stored_bytes(), counters.seen_bytes);
  EXPECT_TRUE(rig.recorder.received_bytes() > 0);
}

}  // namespace
}  // namespace tracerec::record
