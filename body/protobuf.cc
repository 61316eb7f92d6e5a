// The wire format says where fields end, not what they mean. A field that holds bytes is taken for text when it could
// be, since short texts are messages by chance more often than messages are texts.
#include "body/protobuf.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include "base/base64.h"
#include "base/hex.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"
#include "body/json_text.h"
#include "body/multipart.h"

namespace tracerec::body {
namespace {

constexpr int kMaxDepth = 60;             // of messages in messages; protobuf's own readers stop at 100
constexpr std::size_t kMaxHexBytes = 64;  // longer bytes are named by their hash

bool is_printable_text(std::string_view bytes) {
  return is_utf8(bytes) && std::none_of(bytes.begin(), bytes.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 && c != '\n' && c != '\t' && c != '\r';
         });
}

class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view bytes) : rest_(bytes) {}

  std::optional<std::string> message(int depth) {
    std::map<std::uint64_t, std::string> fields;  // number → elements so far
    while (!rest_.empty()) {
      const auto tag = varint();
      if (!tag || *tag >> 3 == 0 || *tag >> 3 > 0x1FFFFFFF) return std::nullopt;
      std::string& elements = fields[*tag >> 3];
      if (!elements.empty()) elements += ',';
      if (!field(static_cast<unsigned>(*tag & 7), depth, elements)) return std::nullopt;
    }
    std::string json = "{";
    for (const auto& [number, elements] : fields) {
      json += (json.size() > 1 ? ",\"" : "\"") + std::to_string(number) + "\":[" + elements + "]";
    }
    return json + "}";
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  bool fixed(std::size_t size, std::string& json) {
    if (rest_.size() < size) return false;
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(size);
    json += std::to_string(value);
    return true;
  }

  bool field(unsigned wire_type, int depth, std::string& json) {
    if (wire_type == 1) return fixed(8, json);
    if (wire_type == 5) return fixed(4, json);
    const auto value = wire_type == 0 || wire_type == 2 ? varint() : std::nullopt;
    if (!value) return false;
    if (wire_type == 0) {
      json += std::to_string(*value);
      return true;
    }
    if (*value > rest_.size()) return false;
    append_bytes(rest_.substr(0, *value), depth, json);
    rest_.remove_prefix(*value);
    return true;
  }

  static void append_bytes(std::string_view bytes, int depth, std::string& json) {
    if (is_printable_text(bytes)) return append_json_string(json, bytes);
    const auto inner = depth < kMaxDepth ? ProtobufReader(bytes).message(depth + 1) : std::nullopt;
    if (inner) {
      json += *inner;
    } else if (bytes.size() <= kMaxHexBytes) {
      append_json_string(json, "0x" + to_hex(bytes));
    } else {
      append_json_string(json, size_and_sha256(bytes));
    }
  }

  std::string_view rest_;
};

enum class Trailers { kOutside, kInLastFrame };

// "grpc-status: 0\r\n…"
std::string trailers_as_json(std::string_view fields) {
  std::string json = "{";
  while (const auto field = next_part_field(fields)) {
    if (field->name.empty()) continue;
    json += json.size() > 1 ? "," : "";
    append_json_string(json, to_lower(field->name));
    json += ':';
    append_json_string(json, field->value);
  }
  return json + "}";
}

// Flag, four bytes of length, content. A frame that is compressed has the flag 1.
std::optional<std::string> frames_as_json(std::string_view bytes, Trailers trailers) {
  constexpr std::size_t kHead = 5;
  std::string json = "[";
  while (!bytes.empty()) {
    const bool is_trailers = trailers == Trailers::kInLastFrame && bytes[0] == '\x80';
    if (bytes.size() < kHead || (bytes[0] != '\0' && !is_trailers)) return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 1; i < kHead; ++i) length = length << 8 | static_cast<unsigned char>(bytes[i]);
    if (bytes.size() - kHead < length) return std::nullopt;
    const std::string_view content = bytes.substr(kHead, length);
    const auto read = is_trailers ? trailers_as_json(content) : protobuf_as_json(content);
    if (!read) return std::nullopt;
    json += (json.size() > 1 ? "," : "") + *read;
    bytes.remove_prefix(kHead + length);
  }
  return json + "]";
}

}  // namespace

std::optional<std::string> protobuf_as_json(std::string_view bytes) {
  return ProtobufReader(bytes).message(0);
}

std::optional<std::string> grpc_as_json(std::string_view bytes) {
  return frames_as_json(bytes, Trailers::kOutside);
}

std::optional<std::string> grpc_web_as_json(std::string_view bytes) {
  return frames_as_json(bytes, Trailers::kInLastFrame);
}

std::optional<std::string> grpc_web_text_as_json(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    std::size_t end = std::min(text.find('='), text.size());
    while (end < text.size() && text[end] == '=') ++end;
    const auto piece = decode_base64(text.substr(0, end));
    if (!piece) return std::nullopt;
    bytes += *piece;
    text.remove_prefix(end);
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  }
  return grpc_web_as_json(bytes);
}

}  // namespace tracerec::body
