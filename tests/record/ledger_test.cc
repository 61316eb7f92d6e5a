#include "record/ledger.h"

#include <gtest/gtest.h>

namespace tracerec::record {
namespace {

Books balanced() {
  Books books;
  books.source.seen_bytes = 1000;
  books.source.sent_bytes = 900;
  books.source.lost_bytes[TR_LOST_RING_FULL] = 100;
  books.source.lost_events[TR_LOST_RING_FULL] = 2;
  books.source.file_bytes = 80;
  books.source.muted_bytes = 40;
  books.source.seen_bytes = 1120;
  books.received_bytes = 950;
  books.fetched = {50, 10, 1, 20, 1};
  books.sink.stored = {3, 700};
  books.sink.opaque = {1, 100};
  books.sink.skipped[static_cast<std::size_t>(Skip::kOutgoing)] = {1, 150};
  books.written.exchanges = 3;
  books.written.message_bytes = 700;
  books.written.opaque_bytes = 100;
  return books;
}

std::uint64_t bytes_of(const schema::Ledger& ledger, const std::string& key) {
  for (const auto& entry : ledger) {
    if (entry.key == key) return entry.bytes;
  }
  return 0;
}

TEST(Ledger, SeenIsStoredPlusLostPlusSkipped) {
  const schema::Ledger ledger = make_ledger(balanced());
  EXPECT_EQ(imbalance(balanced()), "");
  std::uint64_t sum = 0;
  for (const auto& entry : ledger) {
    if (entry.key != "seen" && entry.key != "stored.incomplete") sum += entry.bytes;
  }
  EXPECT_EQ(sum, bytes_of(ledger, "seen"));
  EXPECT_EQ(total_lost(ledger).bytes, 130U);
  EXPECT_EQ(bytes_of(ledger, "lost.splice"), 20U);
}

TEST(Ledger, EachMissingByteIsCounted) {
  EXPECT_EQ(imbalance(balanced()), "");
  for (auto spoil : {+[](Books& b) { --b.source.sent_bytes; }, +[](Books& b) { --b.received_bytes; },
                     +[](Books& b) { --b.sink.stored.bytes; }, +[](Books& b) { ++b.source.seen_bytes; },
                     +[](Books& b) { ++b.written.message_bytes; }, +[](Books& b) { ++b.sink.reencoded_before.bytes; },
                     +[](Books& b) { ++b.sink.reencoded_after.bytes; }, +[](Books& b) { --b.source.file_bytes; },
                     +[](Books& b) { --b.source.muted_bytes; }, +[](Books& b) { --b.fetched.refused_bytes; },
                     +[](Books& b) { --b.fetched.spliced_bytes; }}) {
    Books books = balanced();
    spoil(books);
    EXPECT_NE(imbalance(books), "");
  }
}

// A message that was encoded again is in the file with another length.
TEST(Ledger, AnotherLengthInTheFileIsExplained) {
  Books books = balanced();
  books.sink.stored.bytes = books.written.message_bytes = 680;
  books.sink.reencoded_before = {1, 120};
  books.sink.reencoded_after = {1, 100};
  books.sink.redacted = {3, 60};
  EXPECT_EQ(imbalance(books), "");
  const schema::Ledger ledger = make_ledger(books);
  std::uint64_t accounted = 0;
  for (const auto& entry : ledger) {
    const bool other_side = entry.key == "seen" || entry.key == "reencoded.after";
    if (!other_side && entry.key != "stored.incomplete" && entry.key != "redacted") accounted += entry.bytes;
  }
  EXPECT_EQ(bytes_of(ledger, "seen") + bytes_of(ledger, "reencoded.after"), accounted);
  EXPECT_NE(describe_ledger(ledger).find("redacted                          3 values"), std::string::npos)
      << describe_ledger(ledger);
}

TEST(Ledger, WhatTheDiskRefusedIsLost) {
  Books books = balanced();
  books.written.exchanges = 2;
  books.written.message_bytes = 500;
  EXPECT_EQ(imbalance(books), "");
  EXPECT_EQ(bytes_of(make_ledger(books), "lost.write_error"), 200U);
}

// "stored.incomplete" was larger than "stored.exchange".
TEST(Ledger, WhatIsSaidToBeStoredIsInTheFile) {
  Books books = balanced();
  books.sink.incomplete = {3, 700};
  books.sink.open_ended = {3, 700};
  books.written.exchanges = 1;
  books.in_file.incomplete = {1, 200};
  books.in_file.opaque = {1, 100};
  books.in_file.connections = 1;
  const schema::Ledger ledger = make_ledger(books);
  EXPECT_EQ(bytes_of(ledger, "stored.incomplete"), 200U);
  EXPECT_EQ(bytes_of(ledger, "stored.open_ended"), 0U);
  EXPECT_EQ(closing_of(ledger, books).line.find("recorded 1 exchanges (1 incomplete) on 1 connections"), 0U)
      << closing_of(ledger, books).line;
}

TEST(Ledger, TheClosingLineSaysWhatWasNotRead) {
  Books books = balanced();
  EXPECT_TRUE(closing_of({{"seen", 0, 1000}}, books).is_whole);
  books.sink.unread_bytes = 500;
  books.sink.skipped[static_cast<std::size_t>(Skip::kUnsynced)].bytes = 35;
  const Closing unread = closing_of({{"seen", 0, 1000}}, books);
  EXPECT_FALSE(unread.is_whole);
  EXPECT_NE(unread.line.find("connections, 535 bytes (54 %) not read as HTTP/1"), std::string::npos) << unread.line;
  EXPECT_FALSE(closing_of({{"seen", 0, 1000}, {"lost.ring_full", 1, 5}}, balanced()).is_whole);
  const Closing unseen = closing_of({{"seen", 0, 1000}, {"unseen.position", 0, 7}}, balanced());
  EXPECT_FALSE(unseen.is_whole);
  EXPECT_NE(unseen.line.find("7 bytes not seen"), std::string::npos);
}

}  // namespace
}  // namespace tracerec::record
