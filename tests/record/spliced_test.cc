// Pipes between files and sockets: what came out of one is known only while nobody else has used it.
#include "record/spliced.h"

#include <gtest/gtest.h>

#include "record/ledger.h"
#include "rig.h"

namespace tracerec::record {
namespace {

class Spliced : public ::testing::Test {
 protected:
  // A splice of a file into the pipe: one buffer for each page.
  void fill(std::uint64_t offset, std::uint64_t bytes) {
    SentRange range;
    range.file.pipe = 7;
    range.file.offset = offset;
    range.file.bytes = bytes;
    head += static_cast<std::uint32_t>((offset % 4096 + bytes + 4095) / 4096);
    range.file.pipe_head = head;
    range.file.pipe_tail = tail;
    files.fill(range);
  }

  std::optional<std::deque<SentRange>> drain(std::uint64_t bytes, std::uint32_t buffers) {
    tr_file taken{};
    taken.pipe = 7;
    taken.bytes = bytes;
    tail += buffers;
    taken.pipe_head = head;
    taken.pipe_tail = tail;
    return files.drain(taken);
  }

  SplicedFiles files;
  std::uint32_t head = 0xfffffffe, tail = 0xfffffffe;  // they wrap
};

TEST_F(Spliced, WhatWentInComesOut) {
  fill(100, 5000);
  const auto ranges = drain(5000, 2);
  ASSERT_TRUE(ranges);
  ASSERT_EQ(ranges->size(), 1U);
  EXPECT_EQ(ranges->front().file.offset, 100U);
  EXPECT_EQ(ranges->front().file.bytes, 5000U);
}

TEST_F(Spliced, InOtherPiecesThanItWentIn) {
  fill(0, 4096);
  fill(8192, 4096);
  const auto first = drain(1000, 0);
  const auto second = drain(7192, 2);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->front().file.bytes, 1000U);
  ASSERT_EQ(second->size(), 2U);
  EXPECT_EQ(second->front().file.offset, 1000U);
  EXPECT_EQ(second->front().file.bytes, 3096U);
  EXPECT_EQ(second->back().file.offset, 8192U);
}

TEST_F(Spliced, BytesThatSomebodyWroteBeforeMakeItUnknown) {
  head += 1;
  fill(0, 4096);
  EXPECT_FALSE(drain(4106, 2));
}

TEST_F(Spliced, BytesThatSomebodyWroteInBetweenMakeItUnknown) {
  fill(0, 4096);
  head += 1;
  fill(4096, 4096);
  EXPECT_FALSE(drain(4096, 1));
}

TEST_F(Spliced, BytesThatSomebodyWroteBehindMakeItUnknown) {
  fill(0, 4096);
  head += 1;
  EXPECT_FALSE(drain(4096, 1));
}

TEST_F(Spliced, BytesThatSomebodyTookMakeItUnknown) {
  fill(0, 8192);
  tail += 1;
  EXPECT_FALSE(drain(4096, 1));
}

TEST_F(Spliced, OnceItIsEmptyItIsKnownAgain) {
  fill(0, 4096);
  head += 1;
  EXPECT_FALSE(drain(4096, 1));
  tail += 1;
  fill(0, 10);
  EXPECT_TRUE(drain(10, 1));
}

TEST_F(Spliced, OfAPipeThatWasNeverFilledNothingIsKnown) {
  EXPECT_FALSE(drain(10, 1));
}

// ---- through the recorder: a proxy that moves bodies from socket to socket

using testing::FakeConnection;

constexpr std::uint32_t kBodyBytes = 5000;

// What the kernel side reports of a splice between a pipe and a socket.
FakeConnection::Stored through_pipe(FakeConnection& tcp, tr_direction direction, std::uint32_t bytes) {
  FakeConnection::Stored event = direction == TR_IN ? tcp.in({}) : tcp.out({});
  tr_file taken{};
  taken.pipe = 7;
  taken.bytes = bytes;
  event.header.kind = TR_FILE;
  event.header.flags |= TR_FROM_PIPE;
  event.header.length = sizeof taken;
  event.payload.assign(reinterpret_cast<const char*>(&taken), sizeof taken);
  direction == TR_IN ? tcp.miss_in(bytes) : tcp.miss_out(bytes);
  return event;
}

class SplicedFromSocketToSocket : public ::testing::Test {
 protected:
  void SetUp() override {
    origin.inode = 78;
    rig.feed(client.open());
  }

  // The head goes through a buffer, the body does not.
  void respond() {
    const std::string request = "GET /large HTTP/1.1\r\n\r\n";
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBodyBytes) + "\r\n\r\n";
    rig.feed(client.in(request));
    rig.feed(origin.out(request));
    rig.feed(origin.in(head));
    rig.feed(client.out(head));
    rig.feed(through_pipe(origin, TR_IN, kBodyBytes));
    rig.feed(through_pipe(client, TR_OUT, kBodyBytes));
  }

  Rig rig;
  FakeConnection client{1}, origin{2};
};

TEST_F(SplicedFromSocketToSocket, AResponseIsIncompleteAndItsBytesAreLostOnce) {
  respond();
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  const auto& row = rig.store.exchanges[0];
  EXPECT_FALSE(row.complete);
  EXPECT_EQ(row.notes, "hole_in_response,splice");
  EXPECT_EQ(row.status, 200);
  EXPECT_EQ(row.response_body.wire_bytes, kBodyBytes);
  EXPECT_EQ(rig.recorder.fetched().spliced_bytes, kBodyBytes);
  EXPECT_EQ(rig.recorder.fetched().refused_bytes, 0U);
  EXPECT_GT(rig.skipped(Skip::kOutgoing), kBodyBytes);
}

TEST_F(SplicedFromSocketToSocket, AnUploadIsIncompleteAndItsBytesAreLostOnce) {
  const std::string head = "POST /upload HTTP/1.1\r\nContent-Length: " + std::to_string(kBodyBytes) + "\r\n\r\n";
  rig.feed(client.in(head));
  rig.feed(origin.out(head));
  rig.feed(through_pipe(client, TR_IN, kBodyBytes));
  rig.feed(through_pipe(origin, TR_OUT, kBodyBytes));
  rig.feed(client.out("HTTP/1.1 204 No Content\r\n\r\n"));
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_FALSE(rig.store.exchanges[0].complete);
  EXPECT_EQ(rig.store.exchanges[0].notes, "hole_in_request,splice");
  EXPECT_EQ(rig.store.exchanges[0].request_body.wire_bytes, kBodyBytes);
  EXPECT_EQ(rig.recorder.fetched().spliced_bytes, kBodyBytes);
}

TEST_F(SplicedFromSocketToSocket, TheExchangesAreNamedAtTheEnd) {
  EXPECT_EQ(describe_spliced(rig.sink.counts()), "");
  respond();
  EXPECT_EQ(describe_spliced(rig.sink.counts()),
            "1 exchange is incomplete because splice(2) moved its bytes past the buffers of the process: 1; switch it "
            "off in the server (HAProxy: start it with -dS)");
  for (int i = 0; i < 4; ++i) respond();
  EXPECT_NE(describe_spliced(rig.sink.counts()).find("5 exchanges are incomplete"), std::string::npos);
  EXPECT_NE(describe_spliced(rig.sink.counts()).find("process: 1, 2, 3, …;"), std::string::npos);
  rig.finish();
}

}  // namespace
}  // namespace tracerec::record
