#include "diff/url_shape.h"

#include <gtest/gtest.h>

#include "diff/shape.h"

namespace tracerec::diff {
namespace {

body::Value string(std::string_view text) {
  return {body::ValueType::kString, text, text};
}

std::optional<std::string> after_learning(std::string_view a, std::string_view b, std::string_view recorded,
                                          std::string_view replayed) {
  Shape shape;
  shape.learn(string(a), string(b));
  return shape.violation(string(recorded), string(replayed));
}

constexpr std::string_view kSigned =
    "https://b.s3.amazonaws.com/2024-01-01/report.pdf?X-Amz-Date=20240101T000000Z&X-Amz-Signature=0123456789abcdef";
constexpr std::string_view kSignedLater =
    "https://b.s3.amazonaws.com/2024-01-02/report.pdf?X-Amz-Date=20240102T000000Z&X-Amz-Signature=fedcba9876543210";

std::optional<std::string> signed_url(std::string_view replayed) {
  return after_learning(kSigned, kSignedLater, kSigned, replayed);
}

TEST(UrlShape, DatesAndTokensVary) {
  EXPECT_EQ(signed_url("https://b.s3.amazonaws.com/2025-11-30/report.pdf?X-Amz-Date=20251130T101112Z&"
                       "X-Amz-Signature=aaaabbbbccccdddd"),
            std::nullopt);
}

TEST(UrlShape, HostPathWordsAndNamesStay) {
  EXPECT_EQ(signed_url("https://evil.s3.amazonaws.com/2024-01-02/report.pdf?X-Amz-Date=20240102T000000Z&"
                       "X-Amz-Signature=fedcba9876543210"),
            "is a URL of another scheme or host");
  for (const char* other : {"http://b.s3.amazonaws.com/2024-01-02/report.pdf?X-Amz-Date=20240102T000000Z&"
                            "X-Amz-Signature=fedcba9876543210",
                            "https://b.s3.amazonaws.com:444/2024-01-02/report.pdf?X-Amz-Date=20240102T000000Z&"
                            "X-Amz-Signature=fedcba9876543210",
                            "https://u@b.s3.amazonaws.com/2024-01-02/report.pdf?X-Amz-Date=20240102T000000Z&"
                            "X-Amz-Signature=fedcba9876543210"}) {
    EXPECT_EQ(signed_url(other), "is a URL of another scheme or host") << other;
  }
  EXPECT_EQ(signed_url("https://b.s3.amazonaws.com/2024-01-02/secret.pdf?X-Amz-Date=20240102T000000Z&"
                       "X-Amz-Signature=fedcba9876543210"),
            "is a URL with another path, apart from what varies");
  EXPECT_EQ(signed_url("https://b.s3.amazonaws.com/2024-01-02/x/report.pdf?X-Amz-Date=20240102T000000Z&"
                       "X-Amz-Signature=fedcba9876543210"),
            "is a URL with a longer or shorter path");
  EXPECT_EQ(signed_url("https://b.s3.amazonaws.com/2024-01-02/report.pdf?X-Amz-Date=20240102T000000Z"),
            "is a URL with other parameters");
  EXPECT_EQ(signed_url("https://b.s3.amazonaws.com/2024-01-02/report.pdf?X-Amz-Date=yesterday&"
                       "X-Amz-Signature=fedcba9876543210"),
            "is a URL with another value of a parameter");
}

TEST(UrlShape, WordsBesideADateStay) {
  constexpr std::string_view kBefore = "/files/report-2024-01-01.pdf", kAfter = "/files/report-2024-01-02.pdf";
  EXPECT_EQ(after_learning(kBefore, kAfter, kBefore, "/files/report-2025-12-31.pdf"), std::nullopt);
  EXPECT_NE(after_learning(kBefore, kAfter, kBefore, "/files/salary-2025-12-31.pdf"), std::nullopt);
  EXPECT_NE(after_learning(kBefore, kAfter, kBefore, "/files/report-2025-12-31.exe"), std::nullopt);
  EXPECT_NE(after_learning("/v2/t/abc123", "/v2/t/xyz789", "/v2/t/abc123", "/v3/t/def456"), std::nullopt)
      << "a version is a word";
}

TEST(UrlShape, TokensOfLettersOnlyAreTokensWhereTokensWereSeen) {
  EXPECT_EQ(after_learning("/t/aB3dE6gH9k", "/t/zY8xW5vU2t", "/t/aB3dE6gH9k", "/t/abcdefghij"), std::nullopt);
  EXPECT_NE(after_learning("/t/aB3dE6gH9k", "/t/zY8xW5vU2t", "/t/aB3dE6gH9k", "/t/admin"), std::nullopt);
}

TEST(UrlShape, WhatWasSeenToVaryMayVary) {
  EXPECT_EQ(
      after_learning("https://a1.cdn.org/x", "https://a2.cdn.org/x", "https://a1.cdn.org/x", "https://a3.cdn.org/x"),
      std::nullopt);
  EXPECT_EQ(after_learning("/red/x", "/green/x", "/red/x", "/blue/x"), std::nullopt);
  EXPECT_EQ(after_learning("/x?theme=red", "/x?theme=green", "/x?theme=red", "/x?theme=blue"), std::nullopt);
  EXPECT_NE(after_learning("/x?theme=red", "/x?theme=green", "/x?theme=red", "/x?colour=blue"), std::nullopt);
}

TEST(UrlShape, OrderOfParametersMeansNothing) {
  EXPECT_EQ(after_learning("/x?a=1a&b=k", "/x?b=k&a=2b", "/x?a=1a&b=k", "/x?b=k&a=3c"), std::nullopt);
}

TEST(UrlShape, HostileUrlsEnd) {
  for (const char* text : {"/", "//", "///", "http://", "https://?", "/?", "/#", "/?&&==", "/a?b#c?d", "/%"}) {
    UrlShape shape;
    shape.learn(text, "/x?y=1#z");
    (void)shape.violation(text, "//host/a");
    (void)shape.violation("http://h", text);
  }
}

}  // namespace
}  // namespace tracerec::diff
