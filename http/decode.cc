#include "http/decode.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"
#include "http/chunk_walker.h"
#include "http/zlib_windows.h"

namespace tracerec::http {
namespace {

constexpr std::size_t kStepBytes = std::size_t{64} << 10;

// zlib counts in 32 bits; longer inputs are handed over in pieces of this size.
constexpr std::size_t kZlibPieceBytes = std::size_t{1} << 30;

// Collects output and knows when it is too much.
class Output {
 public:
  explicit Output(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  [[nodiscard]] bool append(const char* bytes, std::size_t count) {
    if (count > limit_bytes_ - text_.size()) return false;
    text_.append(bytes, count);
    return true;
  }
  [[nodiscard]] Error too_much() const { return {"decodes to more than " + format_bytes(limit_bytes_)}; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::size_t limit_bytes_;
  std::string text_;
};

class Inflater {
 public:
  explicit Inflater(int window_bits) { ready_ = inflateInit2(&stream_, window_bits) == Z_OK; }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }

  // Reads one stream from the front of `input` and leaves there what follows it.
  [[nodiscard]] Result<void> read(std::string_view& input, Output& output) {
    if (!ready_ || inflateReset(&stream_) != Z_OK) return Error{"zlib has no memory"};
    for (;;) {
      const int status = step(input);
      if (!output.append(buffer_.get(), kStepBytes - stream_.avail_out)) return output.too_much();
      if (status == Z_STREAM_END) return {};
      if (status == Z_BUF_ERROR || (status == Z_OK && input.empty() && stream_.avail_out != 0)) {
        return Error{"data is cut"};
      }
      if (status != Z_OK) return Error{std::string("data is corrupt: ") + (stream_.msg ? stream_.msg : "not deflate")};
    }
  }

 private:
  int step(std::string_view& input) {
    const std::size_t piece = std::min(input.size(), kZlibPieceBytes);
    // zlib's interface predates const; it does not write there.
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));
    stream_.avail_in = static_cast<uInt>(piece);
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_.get());
    stream_.avail_out = kStepBytes;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    input.remove_prefix(piece - stream_.avail_in);
    return status;
  }

  z_stream stream_{};
  bool ready_ = false;
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(kStepBytes);
};

Result<std::string> inflate_all(std::string_view input, int window_bits, std::size_t limit_bytes) {
  Inflater inflater(window_bits);
  Output output(limit_bytes);
  do {
    if (const auto read = inflater.read(input, output); !read) return read.error();
    // A gzip file may have several members (RFC 1952 §2.2); the other wrappings hold one stream.
  } while (window_bits == kGzipWindow && !input.empty());
  if (!input.empty()) return Error{std::to_string(input.size()) + " bytes after the end of the data"};
  return output.take();
}

// RFC 1950 §2.2: method 8 and a header that is a multiple of 31.
bool looks_like_zlib(std::string_view input) {
  if (input.size() < 2) return false;
  const unsigned method = static_cast<unsigned char>(input[0]);
  const unsigned flags = static_cast<unsigned char>(input[1]);
  return (method & 15U) == 8 && (method * 256 + flags) % 31 == 0;
}

Result<std::string> decode_deflate(std::string_view input, std::size_t limit_bytes) {
  return inflate_all(input, looks_like_zlib(input) ? kZlibWindow : kRawWindow, limit_bytes);
}

Result<std::string> decode_gzip(std::string_view input, std::size_t limit_bytes) {
  return inflate_all(input, kGzipWindow, limit_bytes);
}

Result<std::string> decode_brotli(std::string_view input, std::size_t limit_bytes) {
  const std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), &BrotliDecoderDestroyInstance);
  if (!state) return Error{"brotli has no memory"};
  const auto buffer = std::make_unique<std::uint8_t[]>(kStepBytes);
  const auto* next_in = reinterpret_cast<const std::uint8_t*>(input.data());
  std::size_t available_in = input.size();
  Output output(limit_bytes);
  for (;;) {
    std::uint8_t* next_out = buffer.get();
    std::size_t available_out = kStepBytes;
    const auto status =
        BrotliDecoderDecompressStream(state.get(), &available_in, &next_in, &available_out, &next_out, nullptr);
    if (!output.append(reinterpret_cast<const char*>(buffer.get()), kStepBytes - available_out))
      return output.too_much();
    if (status == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return Error{"data is cut"};
    if (status == BROTLI_DECODER_RESULT_ERROR) return Error{"data is corrupt"};
    if (status == BROTLI_DECODER_RESULT_SUCCESS) break;
  }
  if (available_in != 0) return Error{std::to_string(available_in) + " bytes after the end of the data"};
  return output.take();
}

Result<std::string> decode_zstd(std::string_view input, std::size_t limit_bytes) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), &ZSTD_freeDStream);
  if (!stream) return Error{"zstd has no memory"};
  const auto buffer = std::make_unique<char[]>(kStepBytes);
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  Output output(limit_bytes);
  for (;;) {
    ZSTD_outBuffer out{buffer.get(), kStepBytes, 0};
    const std::size_t hint = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(hint)) return Error{std::string("data is corrupt: ") + ZSTD_getErrorName(hint)};
    if (!output.append(buffer.get(), out.pos)) return output.too_much();
    // 0: a frame ended, and another may follow (RFC 8878 §3.1).
    if (hint == 0 && in.pos == in.size) return output.take();
    if (hint != 0 && in.pos == in.size && out.pos < out.size) return Error{"data is cut"};
  }
}

// Codings of IANA's registry that are not decoded here; "chunked" is one of transfer only, and comes last.
constexpr std::array<std::string_view, 8> kOtherCodings = {"aes128gcm", "chunked", "compress",     "dcb",
                                                           "dcz",       "exi",     "pack200-gzip", "x-compress"};

bool is_text(std::string_view bytes) {
  const auto is_control = [](char c) {
    return c == 0x7F || (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\f' && c != '\r');
  };
  return is_utf8(bytes) && std::none_of(bytes.begin(), bytes.end(), is_control);
}

// What people write there although it is not a coding: charsets, and the encodings of MIME (RFC 2045 §6).
bool is_charset(std::string_view name) {
  return name == "none" || name == "binary" || name == "7bit" || name == "8bit" || name.starts_with("utf") ||
         name.starts_with("iso-") || name.starts_with("windows-") || name.starts_with("charset=");
}

// "Content-Encoding: UTF-8" has changed nothing. With any other name text stands as it is; what is not text may be
// encoded in a way that only its recipient knows.
bool is_mislabelled(std::string_view name, std::string_view input) {
  const bool registered = std::find(kOtherCodings.begin(), kOtherCodings.end(), name) != kOtherCodings.end();
  return is_charset(name) || (!registered && is_text(input));
}

// One coding undone; the name is in lower case. Data that is corrupt, cut or followed by other bytes is an error.
Result<std::string> decode_coding(std::string_view name, std::string_view input, std::size_t limit_bytes) {
  if (name == "gzip" || name == "x-gzip") return decode_gzip(input, limit_bytes);
  if (name == "deflate") return decode_deflate(input, limit_bytes);
  if (name == "br") return decode_brotli(input, limit_bytes);
  if (name == "zstd") return decode_zstd(input, limit_bytes);
  if (name != "identity" && !is_mislabelled(name, input)) return Error{"unknown coding"};
  if (input.size() > limit_bytes) return Output(limit_bytes).too_much();
  return std::string(input);
}

// More codings on one message than anybody means; each costs a pass over the data.
constexpr std::size_t kMaxCodings = 8;

// The members of a comma-separated list field, all its lines taken together, in lower case, without empty ones.
std::vector<std::string> list_members(const HeaderList& headers, std::string_view name) {
  std::vector<std::string> members;
  for (std::string_view rest : headers.values(name)) {
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const std::string_view member = trim(rest.substr(0, comma));
      if (!member.empty()) members.push_back(to_lower(member));
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
  }
  return members;
}

// Takes one line off the front, without its CRLF. A bare LF ends a line too: stored bodies are what a server really
// sent, and the recorder accepted it (RFC 9112 §2.2).
bool take_line(std::string_view& rest, std::string_view& line) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  line = rest.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  rest.remove_prefix(end + 1);
  return true;
}

// Appends the data of all chunks to `payload` and returns the trailers, without the empty line that closes them.
Result<std::string_view> read_chunks(std::string_view rest, std::string& payload) {
  ChunkWalker walker;
  std::string_view trailers;
  while (!walker.at_end()) {
    if (rest.empty())
      return Error{walker.in_trailers() ? "the body is cut in its trailers" : "the body is cut in a chunk"};
    const ChunkWalker::Piece piece = walker.next(rest);
    if (piece.part == ChunkWalker::Part::kError) {
      return Error{"not a chunk: " + printable(rest.substr(0, rest.find('\n')), 40)};
    }
    if (piece.part == ChunkWalker::Part::kData) payload += rest.substr(0, piece.bytes);
    if (piece.part == ChunkWalker::Part::kTrailers) trailers = rest.substr(0, piece.bytes);
    rest.remove_prefix(piece.bytes);
  }
  if (!rest.empty()) return Error{std::to_string(rest.size()) + " bytes after the last chunk"};
  trailers.remove_suffix(trailers.ends_with("\r\n") ? 2 : 1);
  return trailers;
}

// Without identity, which changes nothing.
std::vector<std::string> transfer_codings(const HeaderList& headers) {
  std::vector<std::string> codings = list_members(headers, "Transfer-Encoding");
  std::erase(codings, "identity");
  return codings;
}

bool is_chunked(const std::vector<std::string>& codings) {
  return !codings.empty() && codings.back() == "chunked";
}

Result<std::string> chunks_so_far(std::string_view rest) {
  ChunkWalker walker;
  std::string payload;
  while (!rest.empty() && !walker.at_end()) {
    const ChunkWalker::Piece piece = walker.next(rest);
    if (piece.part == ChunkWalker::Part::kError) return Error{"not chunked as announced"};
    if (piece.part == ChunkWalker::Part::kData) payload += rest.substr(0, piece.bytes);
    rest.remove_prefix(piece.bytes);
  }
  return payload;
}

bool is_encoded(const HeaderList& headers) {
  const std::vector<std::string> codings = list_members(headers, "Content-Encoding");
  return std::any_of(codings.begin(), codings.end(), [](const std::string& one) { return one != "identity"; });
}

// Undoes `codings`, the last applied one first.
Result<std::string> undo(const std::vector<std::string>& codings, std::string payload, std::size_t limit_bytes) {
  if (codings.size() > kMaxCodings) return Error{"more than " + std::to_string(kMaxCodings) + " codings"};
  for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
    auto decoded = decode_coding(*coding, payload, limit_bytes);
    if (!decoded) return with_context("coding " + printable(*coding, 40), decoded.error());
    payload = std::move(*decoded);
  }
  return payload;
}

}  // namespace

Result<std::string> decode_transfer(const HeaderList& headers, std::string_view wire_body, std::size_t limit_bytes) {
  std::vector<std::string> codings = transfer_codings(headers);
  const bool chunked = is_chunked(codings);
  if (!chunked && wire_body.size() > limit_bytes) return Error{"longer than " + format_bytes(limit_bytes)};
  if (!chunked) return undo(codings, std::string(wire_body), limit_bytes);
  codings.pop_back();
  std::string payload;
  if (const auto trailers = read_chunks(wire_body, payload); !trailers)
    return with_context("chunked", trailers.error());
  if (payload.size() > limit_bytes) return Error{"longer than " + format_bytes(limit_bytes)};
  return undo(codings, std::move(payload), limit_bytes);
}

Result<std::string> decode_beginning(const HeaderList& headers, std::string_view wire_body, std::size_t limit_bytes) {
  std::vector<std::string> codings = transfer_codings(headers);
  const bool chunked = is_chunked(codings);
  if (codings.size() > (chunked ? 1 : 0) || is_encoded(headers)) return Error{"coded, and without its end"};
  if (wire_body.size() > limit_bytes) return Error{"longer than " + format_bytes(limit_bytes)};
  return chunked ? chunks_so_far(wire_body) : std::string(wire_body);
}

Result<HeaderList> decode_trailers(const HeaderList& headers, std::string_view wire_body) {
  HeaderList fields;
  if (!is_chunked(transfer_codings(headers))) return fields;
  std::string payload;
  auto lines = read_chunks(wire_body, payload);
  if (!lines) return with_context("chunked", lines.error());
  for (std::string_view line; take_line(*lines, line);) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    fields.add(trim(line.substr(0, colon)), trim(line.substr(std::min(colon + 1, line.size()))));
  }
  return fields;
}

Result<std::string> decode_body(const HeaderList& headers, std::string_view wire_body, std::size_t limit_bytes) {
  auto payload = decode_transfer(headers, wire_body, limit_bytes);
  // Servers label empty bodies with a coding that they never applied; there is nothing to decode.
  if (!payload || payload->empty()) return payload;
  return undo(content_codings(headers), std::move(*payload), limit_bytes);
}

std::vector<std::string> content_codings(const HeaderList& headers) {
  return list_members(headers, "Content-Encoding");
}

}  // namespace tracerec::http
