#include "record/stream_cursor.h"

#include <gtest/gtest.h>

namespace tracerec::record {
namespace {

TEST(StreamCursor, WrapsWithTcpSequenceNumbers) {
  StreamCursor cursor;
  cursor.start(0xfffffff0U);
  EXPECT_EQ(cursor.place(0xfffffff0U, 0x20, true).hole_bytes, 0U);
  EXPECT_EQ(cursor.place(0x10, 5, true).hole_bytes, 0U);
  EXPECT_EQ(cursor.place(0x20, 5, true).hole_bytes, 0xbU);
}

TEST(StreamCursor, SeesRepeats) {
  StreamCursor cursor;
  cursor.start(100);
  (void)cursor.place(100, 50, true);
  EXPECT_EQ(cursor.place(120, 30, true).seen_bytes, 30U);
  EXPECT_EQ(cursor.place(140, 20, true).seen_bytes, 10U);
  EXPECT_EQ(cursor.place(160, 1, true).hole_bytes, 0U);
}

TEST(StreamCursor, ACountThatStartsAgainLosesTrack) {
  StreamCursor cursor;
  cursor.start(1000);
  EXPECT_TRUE(cursor.place(0, 10, false).lost_track);
  EXPECT_FALSE(cursor.place(10, 10, false).lost_track);
}

TEST(StreamCursor, TheFirstPieceSetsThePosition) {
  StreamCursor cursor;
  EXPECT_EQ(cursor.place(12345, 10, true).hole_bytes, 0U);
  EXPECT_EQ(cursor.place(12356, 1, true).hole_bytes, 1U);
}

}  // namespace
}  // namespace tracerec::record
