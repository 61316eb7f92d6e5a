#include "http/encode.h"

#include <gtest/gtest.h>

#include <random>

#include "http/chunk_walker.h"
#include "http/decode.h"

namespace tracerec::http {
namespace {

HeaderList coded(const std::string& codings) {
  HeaderList headers;
  headers.add("Content-Encoding", codings);
  return headers;
}

TEST(Encode, DecodingGivesTheContentBack) {
  std::mt19937 random(1);
  std::string noise(100'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const char* codings :
       {"gzip", "x-gzip", "GZIP", "deflate", "br", "zstd", "identity", "gzip, br", "zstd,deflate"}) {
    for (const std::string& content : {std::string(), std::string("a"), std::string(1'000'000, 'x'), noise}) {
      const auto encoded = encode_content(coded(codings), content);
      ASSERT_TRUE(encoded) << codings;
      if (content.empty()) continue;  // an empty payload is never decoded
      const auto decoded = decode_body(coded(codings), *encoded);
      ASSERT_TRUE(decoded) << codings << decoded.error().message;
      EXPECT_TRUE(*decoded == content) << codings;
    }
  }
}

TEST(Encode, CodingsOnSeveralLinesAreAppliedInOrder) {
  HeaderList headers;
  headers.add("content-encoding", "deflate");
  headers.add("Content-Encoding", "gzip");
  const auto encoded = encode_content(headers, "text");
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->substr(0, 2), "\x1f\x8b");
  EXPECT_EQ(*decode_body(headers, *encoded), "text");
}

TEST(Encode, AnUnknownCodingIsNamed) {
  EXPECT_EQ(encode_content(coded("rot13"), "text").error().message, "unknown coding rot13");
}

TEST(Encode, AChunkIsReadBack) {
  HeaderList headers;
  headers.add("Transfer-Encoding", "chunked");
  for (const std::string& payload : {std::string(), std::string("a"), std::string(70'000, 'x')}) {
    EXPECT_EQ(*decode_transfer(headers, one_chunk(payload) + "0\r\n\r\n"), payload);
  }
}

TEST(Encode, OnlyContentLengthChanges) {
  EXPECT_EQ(
      with_content_length("POST / HTTP/1.1\r\nA: Content-Length: 5\r\ncontent-length:  99 \r\nB: c\r\n\r\n", 1000),
      "POST / HTTP/1.1\r\nA: Content-Length: 5\r\ncontent-length: 1000\r\nB: c\r\n\r\n");
  EXPECT_EQ(with_content_length("HTTP/1.1 200 OK\nContent-Length: 7\nContent-Length: 7\n\n", 12),
            "HTTP/1.1 200 OK\nContent-Length: 12\nContent-Length: 12\n\n");
  EXPECT_EQ(with_content_length("", 1), "");
}

// What a walk says each byte is: f framing, d data, t trailers, ! error.
std::string walk(std::string_view wire, std::size_t piece) {
  ChunkWalker walker;
  std::string parts;
  while (!wire.empty()) {
    const auto step = walker.next(wire.substr(0, piece));
    if (step.part == ChunkWalker::Part::kError) return parts + '!';
    parts.append(step.bytes, "fdt"[static_cast<int>(step.part)]);
    wire.remove_prefix(step.bytes);
  }
  return parts;
}

TEST(ChunkWalker, EverySplitGivesTheSameParts) {
  const std::string wire = "3;x=\"a\nb\"\r\nabc\r\nA\n0123456789\n000\r\nX: y\r\n\r\n";
  const std::string parts =
      "fffffffffff"
      "ddd"
      "ff"
      "ff"
      "dddddddddd"
      "f"
      "fffff"
      "tttttttt";
  for (std::size_t piece = 1; piece <= wire.size(); ++piece) EXPECT_EQ(walk(wire, piece), parts) << piece;
}

TEST(ChunkWalker, WhatIsNoFramingIsAnError) {
  EXPECT_EQ(walk("0\r\n\r\nx", 100), "ffftt!") << "after the end";
  for (const char* wire : {"x\r\n", "\r\n", "-1\r\n", "3\r\nabcd\r\n", "3\r\nabc\r\r\n", "fffffffffffffffff\r\n"}) {
    EXPECT_EQ(walk(wire, 100).back(), '!') << wire;
    EXPECT_EQ(walk(wire, 1).back(), '!') << wire;
  }
  EXPECT_EQ(walk(std::string(20'000, '0'), 5000).back(), '!');
}

}  // namespace
}  // namespace tracerec::http
