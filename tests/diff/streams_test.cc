// Streams of events without an end: the events that both sides have are compared.
#include <gtest/gtest.h>

#include "diff/body.h"
#include "diff/compare.h"
#include "tests/diff/differences.h"
#include "tests/diff/messages.h"

namespace tracerec::diff {
namespace {

Message stream_of(const std::string& body, const char* type = "text/event-stream") {
  Message message = response(200, {{"Content-Type", type}}, body);
  message.open_ended = true;
  return message;
}

Lines compare(const Message& recorded, const Message& replayed) {
  KeepDifferences sink;
  compare_messages("GET", recorded, replayed, sink);
  return sink.brief();
}

const std::string kOne = "data: {\"n\":1}\n\n";
const std::string kTwo = "data: {\"n\":2}\n\n";

TEST(Streams, HowManyEventsCameIsNoDifference) {
  EXPECT_EQ(compare(stream_of(kOne), stream_of(kOne + kTwo + kTwo)), Lines{});
  EXPECT_EQ(compare(stream_of(kOne + kTwo), stream_of(kOne)), Lines{});
  EXPECT_EQ(compare(stream_of(kOne + "data: {\"n\":"), stream_of(kOne + kTwo)), Lines{});
  EXPECT_EQ(compare(stream_of(kOne + ": ping\n\n" + kTwo), stream_of(": hi\n\n" + kOne + kTwo)), Lines{});
}

TEST(Streams, WhatIsInTheEventsIsCompared) {
  EXPECT_EQ(compare(stream_of(kOne + kTwo), stream_of(kOne + kOne + kOne)), Lines{"value $[1].data.n"});
  EXPECT_EQ(compare(stream_of("event: a\n" + kOne), stream_of(kOne)), Lines{"missing $[0].event"});
}

TEST(Streams, NoEventAtAllIsADifference) {
  EXPECT_EQ(compare(stream_of(kOne), stream_of("")), Lines{"missing body"});
  EXPECT_EQ(compare(stream_of(kOne), stream_of(": ping\n\ndata: {\"n\"")), Lines{"missing body"});
  EXPECT_EQ(compare(stream_of(""), stream_of(kOne)), Lines{});
  EXPECT_EQ(compare(stream_of(": ping\n\n"), stream_of("")), Lines{});
}

TEST(Streams, ChunksMayBeCutAnywhere) {
  const auto chunked = [](const std::string& wire) {
    Message message = stream_of(wire);
    message.headers.add("Transfer-Encoding", "chunked");
    return message;
  };
  const std::string one = "f\r\n" + kOne + "\r\n";
  const std::string two = "f\r\n" + kTwo + "\r\n";
  for (std::size_t cut = 0; cut <= two.size(); ++cut) {
    EXPECT_EQ(compare(chunked(one + two.substr(0, cut)), chunked(one + two + "0\r\n\r\n")), Lines{}) << cut;
    EXPECT_EQ(compare(chunked(one + two), chunked(two + two.substr(0, cut))), Lines{"value $[0].data.n"}) << cut;
  }
}

TEST(Streams, AResponseThatIsNoneIsComparedAsItIs) {
  const Lines lines = compare(stream_of(kOne), stream_of("{}", "application/json"));
  EXPECT_EQ(lines.size(), 2U);
}

// Whole streams are compared whole.
TEST(Streams, OneWithAnEndHasAllItsEvents) {
  Message recorded = stream_of(kOne + kTwo), replayed = stream_of(kOne);
  recorded.open_ended = replayed.open_ended = false;
  EXPECT_EQ(compare(recorded, replayed).size(), 1U);
}

}  // namespace
}  // namespace tracerec::diff
