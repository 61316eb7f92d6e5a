#include "http/decode.h"

#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <random>

namespace tracerec::http {
namespace {

HeaderList coded(const char* content_coding, const char* transfer_coding = nullptr) {
  HeaderList headers;
  if (content_coding) headers.add("Content-Encoding", content_coding);
  if (transfer_coding) headers.add("Transfer-Encoding", transfer_coding);
  return headers;
}

std::string deflate_with(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string gzip(std::string_view text) {
  return deflate_with(text, 31);
}
std::string zlib(std::string_view text) {
  return deflate_with(text, 15);
}
std::string raw_deflate(std::string_view text) {
  return deflate_with(text, -15);
}

std::string brotli(std::string_view text) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size()) + 16;
  std::string out(size, '\0');
  BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()),
                        &size, reinterpret_cast<std::uint8_t*>(out.data()));
  out.resize(size);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t level = 3;
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, static_cast<int>(level));
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}

struct Coding {
  const char* name;
  std::string (*encode)(std::string_view);
};
const Coding kCodings[] = {{"gzip", gzip},           {"X-GZip", gzip}, {"deflate", zlib},
                           {"deflate", raw_deflate}, {"br", brotli},   {"zstd", zstd}};

std::string sample_text(std::size_t size) {
  std::mt19937 random(3);
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(random() % 1000) + " of some text\n";
  text.resize(size);
  return text;
}

TEST(Decode, EveryCodingRoundTrips) {
  for (const Coding& coding : kCodings) {
    for (const std::size_t size : {1, 100, 65536, 300000}) {
      const std::string text = sample_text(size);
      const auto decoded = decode_body(coded(coding.name), coding.encode(text));
      ASSERT_TRUE(decoded) << coding.name << ": " << decoded.error().message;
      EXPECT_EQ(*decoded, text) << coding.name;
    }
  }
}

TEST(Decode, EveryCutIsAnError) {
  const std::string text = sample_text(2000);
  for (const Coding& coding : kCodings) {
    const std::string whole = coding.encode(text);
    for (std::size_t size = 1; size < whole.size(); ++size) {
      EXPECT_FALSE(decode_body(coded(coding.name), whole.substr(0, size))) << coding.name << " cut at " << size;
    }
  }
}

TEST(Decode, BytesBehindTheEndAreAnError) {
  for (const Coding& coding : kCodings) {
    EXPECT_FALSE(decode_body(coded(coding.name), coding.encode("some text") + "xyz")) << coding.name;
  }
}

// Corrupt input may decode to something else when the coding has no checksum; it must not crash or hang.
TEST(Decode, CorruptDataIsSafe) {
  const std::string text = sample_text(5000);
  std::mt19937 random(17);
  for (const Coding& coding : kCodings) {
    const std::string whole = coding.encode(text);
    for (int round = 0; round < 500; ++round) {
      std::string corrupt = whole;
      corrupt[random() % corrupt.size()] ^= static_cast<char>(1 + random() % 255);
      const auto decoded = decode_body(coded(coding.name), corrupt, 1 << 20);
      EXPECT_TRUE(!decoded || decoded->size() <= 1U << 20);
    }
    EXPECT_FALSE(decode_body(coded(coding.name), "\xFF\xFF\xFF\xFFnot encoded at all")) << coding.name;
  }
}

TEST(Decode, BombsAreStoppedAtTheLimit) {
  const std::string zeros(50 << 20, '\0');
  for (const Coding& coding : kCodings) {
    const std::string bomb = coding.encode(zeros);
    ASSERT_LT(bomb.size(), 100000U);
    const auto decoded = decode_body(coded(coding.name), bomb, 1 << 20);
    ASSERT_FALSE(decoded) << coding.name;
    EXPECT_NE(decoded.error().message.find("more than 1.0 MiB"), std::string::npos) << decoded.error().message;
    EXPECT_TRUE(decode_body(coded(coding.name), bomb, zeros.size())) << coding.name << ": exactly the limit is fine";
  }
}

TEST(Decode, SeveralCodingsAreUndoneFromTheLast) {
  const std::string text = sample_text(3000);
  EXPECT_EQ(*decode_body(coded("gzip, br"), brotli(gzip(text))), text);
  HeaderList two_lines = coded("gzip");
  two_lines.add("content-encoding", "identity , zstd");
  EXPECT_EQ(*decode_body(two_lines, zstd(gzip(text))), text);
  EXPECT_FALSE(decode_body(coded("br, gzip"), brotli(gzip(text))));
  EXPECT_FALSE(decode_body(coded("gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip"), "x"));
}

TEST(Decode, SeveralMembersAndFramesAreOneContent) {
  EXPECT_EQ(*decode_body(coded("gzip"), gzip("one ") + gzip("two")), "one two");
  EXPECT_EQ(*decode_body(coded("zstd"), zstd("one ") + zstd("two")), "one two");
}

TEST(Decode, UnknownCodingIsNamed) {
  const auto decoded = decode_body(coded("snappy\x1b"), std::string("x\0", 2));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message, "coding snappy\\x1b: unknown coding");
  EXPECT_FALSE(decode_body(coded("compress"), "text")) << "registered, though not decoded here";
}

// Nobody encoded what is plain text, and charsets are no codings.
TEST(Decode, WhatIsNoCodingIsIdentity) {
  EXPECT_EQ(*decode_body(coded("UTF-8"), "[1]"), "[1]");
  EXPECT_EQ(*decode_body(coded("iso-8859-1"), "caf\xE9"), "caf\xE9");
  EXPECT_EQ(*decode_body(coded("amz-1.0"), "text\r\n"), "text\r\n");
  EXPECT_EQ(*decode_body(coded("gzip, utf-8"), gzip("text")), "text");
  EXPECT_FALSE(decode_body(coded("x-secret"), "\x01\x02"));
}

TEST(Decode, EmptyBodyWithACodingIsEmpty) {
  EXPECT_EQ(*decode_body(coded("gzip"), ""), "");
  EXPECT_EQ(*decode_body(coded("gzip", "chunked"), "0\r\n\r\n"), "");
}

TEST(Chunked, FramingExtensionsAndTrailersAreRemoved) {
  const auto headers = coded(nullptr, "chunked");
  EXPECT_EQ(*decode_transfer(headers, "3\r\nabc\r\n0\r\n\r\n"), "abc");
  EXPECT_EQ(
      *decode_transfer(headers, "3;ext=\"a b\";x\r\nabc\r\nA \r\n0123456789\r\n000;last\r\nX-Sum: 1\r\nY: 2\r\n\r\n"),
      "abc0123456789");
  EXPECT_EQ(*decode_transfer(headers, "3\nabc\n0\n\n"), "abc");
  EXPECT_EQ(*decode_transfer(headers, "3;x=\"a\nb\"\r\nabc\r\n0\r\n\r\n"), "abc") << "a bare LF in quotes";
  EXPECT_EQ(*decode_transfer(headers, "2\r\n\r\n\r\n0\r\n\r\n"), "\r\n") << "chunk data that looks like framing";
  EXPECT_EQ(*decode_transfer(headers, "2\r\nab\r\n0\r\r\n\r\n"), "ab") << "as the recorder takes it";
  EXPECT_EQ(*decode_transfer(coded(nullptr, "Chunked"), "1\r\na\r\n0\r\n\r\n"), "a");
}

TEST(Chunked, EveryCutIsAnError) {
  const std::string whole = "3;x=1\r\nabc\r\n5\r\nhello\r\n0\r\nTrailer: yes\r\n\r\n";
  ASSERT_TRUE(decode_transfer(coded(nullptr, "chunked"), whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_transfer(coded(nullptr, "chunked"), whole.substr(0, size))) << size;
  }
}

TEST(Chunked, BrokenFramingIsAnError) {
  for (const char* broken : {"x\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n",
                             "0x3\r\nabc\r\n0\r\n\r\n", "\r\n\r\n", "ffffffffffffffff\r\na\r\n0\r\n\r\n",
                             "fffffffffffffffff\r\na\r\n0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\nmore"}) {
    EXPECT_FALSE(decode_transfer(coded(nullptr, "chunked"), broken)) << broken;
  }
}

TEST(Chunked, TransferAndContentCodingsTogether) {
  const std::string zipped = gzip("text");
  char size[16];
  std::snprintf(size, sizeof size, "%zx", zipped.size());
  const std::string wire = std::string(size) + "\r\n" + zipped + "\r\n0\r\n\r\n";
  EXPECT_EQ(*decode_body(coded("gzip", "chunked"), wire), "text");
  EXPECT_EQ(*decode_body(coded(nullptr, "gzip, chunked"), wire), "text");
  EXPECT_EQ(*decode_transfer(coded("gzip", "chunked"), wire), zipped) << "content codings belong to the content";
  EXPECT_EQ(*decode_transfer({}, "plain"), "plain");
  EXPECT_FALSE(decode_transfer(coded(nullptr, "chunked, gzip"), wire)) << "chunked comes last (RFC 9112 §6.1)";
}

TEST(Decode, TrailersInOrder) {
  const auto fields = decode_trailers(coded(nullptr, "chunked"), "1\r\nX\r\n0\r\nB: 1\r\nA : 2 \nodd\r\n\r\n");
  ASSERT_TRUE(fields);
  std::string seen;
  for (const Header& field : *fields) seen += field.name + "=" + field.value + ";";
  EXPECT_EQ(seen, "B=1;A=2;odd=;");
  EXPECT_TRUE(decode_trailers(coded(nullptr, "chunked"), "0\r\n\r\n")->empty());
  EXPECT_TRUE(decode_trailers(coded(nullptr), "0\r\nA: 1\r\n\r\n")->empty()) << "not chunked";
  EXPECT_FALSE(decode_trailers(coded(nullptr, "chunked"), "0\r\nA: 1\r\n")) << "cut";
}

}  // namespace
}  // namespace tracerec::http
