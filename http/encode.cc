#include "http/encode.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "http/decode.h"
#include "http/zlib_windows.h"

namespace tracerec::http {
namespace {

// A recorder encodes between two looks at the kernel: levels that keep up with a network.
constexpr int kZlibLevel = 1;
constexpr int kBrotliQuality = 3;
constexpr int kZstdLevel = 1;

Result<std::string> deflate_all(std::string_view input, int window_bits) {
  constexpr int kDefaultMemory = 8;
  z_stream stream{};
  if (input.size() > UINT32_MAX / 2) return Error{"too long for zlib"};
  if (deflateInit2(&stream, kZlibLevel, Z_DEFLATED, window_bits, kDefaultMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    return Error{"zlib has no memory"};
  }
  std::string out(deflateBound(&stream, input.size()), '\0');
  // zlib's interface predates const; it does not write there.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) return Error{"zlib cannot compress"};
  return out;
}

Result<std::string> encode_brotli(std::string_view input) {
  std::size_t size = BrotliEncoderMaxCompressedSize(input.size());
  std::string out(size, '\0');
  const bool done = BrotliEncoderCompress(kBrotliQuality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, input.size(),
                                          reinterpret_cast<const std::uint8_t*>(input.data()), &size,
                                          reinterpret_cast<std::uint8_t*>(out.data())) == BROTLI_TRUE;
  if (!done) return Error{"brotli cannot compress"};
  out.resize(size);
  return out;
}

Result<std::string> encode_zstd(std::string_view input) {
  std::string out(ZSTD_compressBound(input.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), input.data(), input.size(), kZstdLevel);
  if (ZSTD_isError(size)) return Error{std::string("zstd cannot compress: ") + ZSTD_getErrorName(size)};
  out.resize(size);
  return out;
}

Result<std::string> encode_coding(std::string_view name, std::string input) {
  if (name == "gzip" || name == "x-gzip") return deflate_all(input, kGzipWindow);
  if (name == "deflate") return deflate_all(input, kZlibWindow);
  if (name == "br") return encode_brotli(input);
  if (name == "zstd") return encode_zstd(input);
  if (name != "identity") return Error{"unknown coding " + printable(name, 40)};
  return input;
}

}  // namespace

Result<std::string> encode_content(const HeaderList& headers, std::string_view content) {
  std::string payload(content);
  for (const std::string& coding : content_codings(headers)) {
    auto encoded = encode_coding(coding, std::move(payload));
    if (!encoded) return encoded;
    payload = std::move(*encoded);
  }
  return payload;
}

std::string one_chunk(std::string_view payload) {
  if (payload.empty()) return {};
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", payload.size());
  std::string out(size);
  out += payload;
  out += "\r\n";
  return out;
}

std::string with_content_length(std::string_view head, std::uint64_t bytes) {
  std::string out;
  while (!head.empty()) {
    const std::size_t size = std::min(head.find('\n'), head.size() - 1) + 1;
    std::string_view line = head.substr(0, size);
    head.remove_prefix(size);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equals_ignoring_case(trim(line.substr(0, colon)), "Content-Length")) {
      const std::string_view end = line.substr(std::min(line.find_first_of("\r\n"), line.size()));
      out += line.substr(0, colon + 1);
      out += ' ' + std::to_string(bytes);
      out += end;
    } else {
      out += line;
    }
  }
  return out;
}

}  // namespace tracerec::http
