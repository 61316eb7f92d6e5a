// A file whose rows would make a replay send something else than was planned is refused, in one line.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/schema/trace_samples.h"

namespace tracerec::schema::testing {
namespace {

struct DamagedRequests : ::testing::Test {
  TempDir dir;
  std::string path = dir.file("t.db");

  void write(std::vector<Exchange> rows) const {
    auto writer = open_writer(path);
    for (Exchange& row : rows) ASSERT_TRUE(writer->submit(std::move(row)));
    ASSERT_TRUE(writer->flush());
  }

  // What the first call that reads it for one purpose says; empty: nothing.
  [[nodiscard]] std::vector<std::string> errors() const {
    auto reader = open_reader(path);
    std::vector<std::string> found;
    const auto note = [&](const Result<void>& done) { found.push_back(done ? "" : done.error().message); };
    note(reader->for_each_exchange(1, [](const StoredExchange&) { return true; }));
    note(reader->for_each_request(1, [](const StoredExchange&) { return true; }));
    const auto one = reader->exchange(1);
    note(one ? Result<void>() : one.error());
    const auto next = reader->next_requests(1, 1, -1, 10);
    note(next ? Result<void>() : next.error());
    return found;
  }

  [[nodiscard]] std::string order_error(RowId recording = 1) const {
    const auto done = open_reader(path)->for_each_connection(recording, [](const ConnectionSpan&) { return true; });
    return done ? "" : done.error().message;
  }
};

const std::string kAdvice = ": the file is damaged or was changed; record again, or use -d for another file";

Exchange with_request(const std::string& head, const std::string& body) {
  Exchange row = sample_exchange(1);
  row.request_head = head;
  row.request_body = {.wire_bytes = body.size(), .bytes = body, .stream_key = 0};
  return row;
}

TEST_F(DamagedRequests, TwoRequestsInOneRowAreRefused) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  write({with_request(head + head, "")});
  for (const std::string& error : errors())
    EXPECT_EQ(error, "exchange 1: its request has a head with bytes after its empty line" + kAdvice);
}

Exchange open_ended(Exchange row) {
  row.complete = false;
  row.notes = "open_ended";
  return row;
}

// It is sent although it is not complete.
TEST_F(DamagedRequests, AnOpenEndedExchangeIsLookedAtLikeACompleteOne) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  write({open_ended(with_request(head + head, ""))});
  for (const std::string& error : errors()) EXPECT_NE(error, "");
}

TEST_F(DamagedRequests, AnOpenEndedExchangeHasAllOfWhatCame) {
  Exchange cut = open_ended(sample_exchange(2));
  cut.response_body.wire_bytes = 5;
  write({open_ended(sample_exchange(1)), cut});
  const auto reader = open_reader(path);
  EXPECT_TRUE(is_open_ended(**reader->exchange(1)));
  EXPECT_FALSE(is_open_ended(**reader->exchange(2)));
  const auto next = reader->next_requests(1, 1, -1, 1);
  ASSERT_TRUE(next);
  EXPECT_TRUE(is_open_ended(next->front()));
}

TEST_F(DamagedRequests, ABodyThatItsHeadDoesNotAnnounceIsRefused) {
  write({with_request("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /b HTTP/1.1\r\n\r\n")});
  for (const std::string& error : errors())
    EXPECT_EQ(error, "exchange 1: its request has a body of 19 bytes that its head does not announce" + kAdvice);
}

TEST_F(DamagedRequests, ChunksAreCheckedToTheirEnd) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  write({with_request(head, "0\r\n\r\nGET /b HTTP/1.1\r\n\r\n")});
  for (const std::string& error : errors())
    EXPECT_EQ(error, "exchange 1: its request has a body that is not chunked as announced" + kAdvice);
}

TEST_F(DamagedRequests, ChunksOutsideTheRowAreCheckedBeforeTheyAreSent) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunk = "2000\r\n" + std::string(0x2000, 'x') + "\r\n";
  write({with_request(head, chunk + "0\r\n\r\n")});
  for (const std::string& error : errors()) EXPECT_EQ(error, "");
  const TempDir other;
  path = other.file("t.db");
  write({with_request(head, chunk)});
  EXPECT_EQ(errors().back(), "exchange 1: its request has a chunked body without its end" + kAdvice);
}

TEST_F(DamagedRequests, WhatIsNotSentMayBeAnything) {
  Exchange row = with_request("GET /cut", "xyz");
  row.complete = false;
  row.request_body.wire_bytes = 99;
  write({row});
  for (const std::string& error : errors()) EXPECT_EQ(error, "");
}

TEST_F(DamagedRequests, EachSeqOfAConnectionIsThereOnce) {
  write({sample_exchange(1), sample_exchange(2), sample_exchange(4)});
  EXPECT_EQ(order_error(), "") << "some may be missing";
  Exchange twice = sample_exchange(5);
  twice.seq = 2;
  write({twice});
  EXPECT_EQ(order_error(), "connection 1 has two exchanges with one seq" + kAdvice);
}

TEST_F(DamagedRequests, NoSeqIsBelowZero) {
  Exchange below = sample_exchange(1);
  below.seq = -7;
  write({below});
  EXPECT_EQ(order_error(), "connection 1 has an exchange with a seq below 0" + kAdvice);
}

// Of a connection that two recordings name, each has its own.
TEST_F(DamagedRequests, WhatAnotherRecordingHasOnTheConnectionIsNotSent) {
  write({sample_exchange(1), sample_exchange(2, 2)});
  EXPECT_EQ(order_error(), "");
  const auto reader = open_reader(path);
  for (const RowId recording : {1, 2}) {
    const auto next = reader->next_requests(recording, 1, -1, 10);
    ASSERT_TRUE(next);
    ASSERT_EQ(next->size(), 1u);
    EXPECT_EQ(next->front().id, recording);
  }
}

}  // namespace
}  // namespace tracerec::schema::testing
