#include "body/event_stream.h"

#include <gtest/gtest.h>

#include <string>

namespace tracerec::body {
namespace {

TEST(EventStream, EventsAreCountedWhenTheirEndHasCome) {
  EXPECT_EQ(count_events(""), 0U);
  EXPECT_EQ(count_events("data: a\n"), 0U);
  EXPECT_EQ(count_events("data: a\n\ndata: b\n"), 1U);
  EXPECT_EQ(count_events("data: a\r\n\r\nid: 1\r\rdata: b\n\n"), 3U);
}

TEST(EventStream, CommentsAndEmptyLinesAreNoEvents) {
  EXPECT_EQ(count_events(":\n\n: ping\n\n\n\n"), 0U);
  EXPECT_EQ(count_events(": ping\ndata: a\n\n"), 1U);
}

TEST(EventStream, AnySplitGivesTheSameCount) {
  const std::string text = ": hello\r\n\r\ndata: a\r\n\r\ndata: b\n\nid: 3\r\r";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      EventCounter counter;
      counter.add(text.substr(0, first));
      counter.add(text.substr(first, second - first));
      counter.add(text.substr(second));
      EXPECT_EQ(counter.count(), 3U) << first << ' ' << second;
    }
  }
}

TEST(EventStream, TheFirstEventsAreThoseUpToAnEnd) {
  const std::string_view text = "data: a\n\n: x\n\ndata: b\n\ndata: c";
  EXPECT_EQ(first_events(text, 0), "");
  EXPECT_EQ(first_events(text, 1), "data: a\n\n");
  EXPECT_EQ(first_events(text, 2), "data: a\n\n: x\n\ndata: b\n\n");
  EXPECT_EQ(first_events(text, 3), text);
}

}  // namespace
}  // namespace tracerec::body
