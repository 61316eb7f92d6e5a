#include "record/exchange_notes.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tracerec::record {
namespace {

TEST(ExchangeNotes, EachWordStandsOnce) {
  ExchangeNotes notes;
  EXPECT_EQ(notes.text(), "");
  notes.add(Note::kRedacted);
  notes.add(Note::kWithheld);
  notes.add(Note::kRedacted);
  EXPECT_EQ(notes.text(), "withheld,redacted");
}

TEST(ExchangeNotes, AWordThatIsPartOfAnotherOneIsNotMissing) {
  ExchangeNotes notes;
  notes.add(Note::kHoleInRequest);
  notes.add(Note::kHole);
  EXPECT_EQ(notes.text(), "hole,hole_in_request");
}

TEST(ExchangeNotes, FilesAreNamedOnceAndBounded) {
  ExchangeNotes notes;
  notes.add(Note::kMaxBody);
  for (int i = 0; i < 10000; ++i) notes.add_file("sendfile:inode=" + std::to_string(i % 100));
  const std::string text = notes.text();
  EXPECT_EQ(text.find("max_body,sendfile:inode=0,sendfile:inode=1,"), 0U) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), ','), 1 + static_cast<int>(ExchangeNotes::kMaxFiles) - 1 + 1) << text;
  EXPECT_TRUE(text.ends_with(",sendfile:more")) << text;
}

}  // namespace
}  // namespace tracerec::record
