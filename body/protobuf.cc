// The wire format says where fields end, not what they mean. A field that holds bytes is taken for text when it could
// be, since short texts are messages by chance more often than messages are texts.
#include "body/protobuf.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include "base/hex.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "body/json_text.h"

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

}  // namespace

std::optional<std::string> protobuf_as_json(std::string_view bytes) {
  return ProtobufReader(bytes).message(0);
}

std::optional<std::string> grpc_as_json(std::string_view bytes) {
  std::string json = "[";
  while (!bytes.empty()) {
    if (bytes.size() < 5 || bytes[0] != '\0') return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 1; i < 5; ++i) length = length << 8 | static_cast<unsigned char>(bytes[i]);
    if (bytes.size() - 5 < length) return std::nullopt;
    const auto message = protobuf_as_json(bytes.substr(5, length));
    if (!message) return std::nullopt;
    json += (json.size() > 1 ? "," : "") + *message;
    bytes.remove_prefix(5 + length);
  }
  return json + "]";
}

}  // namespace tracerec::body
