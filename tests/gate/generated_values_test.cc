#include "gate/generated_values.h"

#include <gtest/gtest.h>

#include <string>

namespace tracerec::gate {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMoment = 1'795'712'837 * kSecond;  // 2026-11-26T17:07:17Z

std::int64_t time_in(const std::string& text) {
  const auto spans = generated_spans(text);
  return spans.size() == 1 && spans[0].kind == GeneratedSpan::Kind::kTime ? spans[0].unix_ns : -1;
}

TEST(GeneratedSpans, EveryFormatOfATime) {
  for (const char* text :
       {"2026-11-26T17:07:17Z", "2026-11-26 17:07:17Z", "2026-11-26T18:07:17+01:00", "2026-11-26T17:07:17.000000Z",
        "2026-11-26T17:07:17", "2026-11-26 17:07:17", "2026-11-26T12:37:17-0430", "Thu, 26 Nov 2026 17:07:17 GMT",
        "Thu, 26 Nov 2026 17:07:17 +0000", "1795712837", "1795712837000", "1795712837000000", "1795712837000000000",
        "1795712837.000", "created at 2026-11-26T17:07:17Z.", "[Thu, 26 Nov 2026 17:07:17 GMT]"}) {
    EXPECT_EQ(time_in(text), kMoment) << text;
  }
  EXPECT_EQ(time_in("1795712837.250"), kMoment + kSecond / 4);
  EXPECT_EQ(time_in("2026-11-26T17:07:17.250Z"), kMoment + kSecond / 4);
}

TEST(GeneratedSpans, WhatIsNoneOfThem) {
  for (const char* text :
       {"", "2026-11-26", "17:07:17", "179571283", "17957128370", "0000000000", "9999999999999999999",
        "99999999999999999999", "x1795712837", "1795712837x", "2026-13-26T17:07:17Z", "2026-02-30T17:07:17Z",
        "2026-11-26T25:07:17Z", "00000000-0000-0000-0000-000000000001", "deadbeef", "aaaaaaaaaaaaaaaaaaaaaaaa",
        "112233445566778899001122", "Thu, 26 Nov"}) {
    EXPECT_TRUE(generated_spans(text).empty()) << text;
  }
}

TEST(GeneratedSpans, IdsAndMixedTexts) {
  const auto spans = generated_spans(
      "/jobs/"
      "8bac6538-7258-4373-9373-e65090682581?at=1795712837&o=507f1f77bcf86cd799439011&u=01ARZ3NDEKTSV4RRFFQ69G5FAV");
  ASSERT_EQ(spans.size(), 4U);
  EXPECT_EQ(spans[0].kind, GeneratedSpan::Kind::kId);
  EXPECT_EQ(spans[1].kind, GeneratedSpan::Kind::kTime);
  EXPECT_EQ(spans[2].end - spans[2].begin, 24U);
  EXPECT_EQ(spans[3].end - spans[3].begin, 26U);
  std::string many;
  for (std::size_t i = 0; i <= kMaxSpans; ++i) many += "1795712837 ";
  EXPECT_TRUE(generated_spans(many).empty());
}

bool follow(const std::string& recorded, std::int64_t recorded_at, const std::string& replayed,
            std::int64_t replayed_at) {
  const auto before = generated_spans(recorded), after = generated_spans(replayed);
  return before.size() == 1 && after.size() == 1 &&
         follow_their_responses(before[0], after[0], {recorded_at, replayed_at});
}

TEST(FollowTheirResponses, NearTheMomentOrEquallyFarFromIt) {
  const std::int64_t later = kMoment + 86400 * kSecond;
  EXPECT_TRUE(follow("1795712837", kMoment, "1795799236", later)) << "a second early";
  EXPECT_FALSE(follow("1795712837", kMoment, "1795712837", later)) << "of yesterday";
  EXPECT_TRUE(follow("2026-11-26T18:07:17Z", kMoment, "2026-11-27T18:07:18Z", later)) << "an hour ahead";
  EXPECT_FALSE(follow("2026-11-26T18:07:17Z", kMoment, "2026-11-27T19:07:17Z", later)) << "two hours now";
  EXPECT_FALSE(follow("2026-11-26T17:07:17Z", kMoment, "2026-11-27T19:07:17Z", later)) << "another zone";
  EXPECT_TRUE(follow("2026-11-26T18:07:17", kMoment, "2026-11-27T18:07:17", later)) << "local time";
  EXPECT_FALSE(follow("2026-11-26T18:07:17", kMoment, "2026-11-27T18:07:17Z", later));
  EXPECT_FALSE(follow("2026-11-26T17:07:17.123Z", kMoment, "2026-11-27T17:07:17Z", later)) << "another precision";
  EXPECT_FALSE(follow("2026-11-26T17:07:17.123Z", kMoment, "2026-11-27T17:07:17.123456Z", later));
  EXPECT_TRUE(follow("2026-11-26T17:07:17.123456Z", kMoment, "2026-11-27T17:07:17.12345Z", later));
  EXPECT_FALSE(follow("1795712837", 0, "1795799236", later)) << "its moment is not known";
}

TEST(WrittenAlike, DigitsMayDiffer) {
  EXPECT_TRUE(is_written_alike("2026-11-26T17:07:17.1Z", "2027-01-01T00:00:00.123Z"));
  EXPECT_TRUE(is_written_alike("Thu, 26 Nov 2026 17:07:17 GMT", "Mon, 01 Dec 2027 00:00:00 GMT"));
  EXPECT_FALSE(is_written_alike("2026-11-26T17:07:17Z", "2026-11-26 17:07:17Z"));
  EXPECT_FALSE(is_written_alike("2026-11-26T17:07:17Z", "2026-11-26T17:07:17+00:00"));
  EXPECT_FALSE(is_written_alike("1795712837", "1795712837000"));
}

TEST(GeneratedValues, TheDigitsOfAFractionAreNoTime) {
  EXPECT_TRUE(generated_spans("0.8524278806322794").empty());
  EXPECT_EQ(generated_spans("1795712837.123").size(), 1U);
}

}  // namespace
}  // namespace tracerec::gate
