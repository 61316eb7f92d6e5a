#include "body/structured.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/sha256.h"
#include "base/text.h"
#include "body/json_document.h"

namespace tracerec::body {
namespace {

constexpr std::array<std::string_view, 6> kNdjsonTypes = {"application/x-ndjson",    "application/ndjson",
                                                          "application/jsonl",       "application/x-jsonlines",
                                                          "application/stream+json", "application/json-seq"};
constexpr std::array<std::string_view, 5> kProtobufTypes = {"application/protobuf", "application/x-protobuf",
                                                            "application/vnd.google.protobuf", "application/grpc",
                                                            "application/grpc+proto"};

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& types, std::string_view type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool is_xml(std::string_view type) {
  return type == "application/xml" || type == "text/xml" || type.ends_with("+xml");
}

// The parameter's value, without its quotes.
std::string parameter_of(std::string_view header, std::string_view name) {
  while (header.find(';') != std::string_view::npos) {
    header.remove_prefix(header.find(';') + 1);
    const std::string_view part = trim(header.substr(0, header.find(';')));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || !equals_ignoring_case(trim(part.substr(0, equals)), name)) continue;
    std::string value(trim(part.substr(equals + 1)));
    std::erase(value, '"');
    return value;
  }
  return {};
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// JSON as it is, everything else as a string.
void append_content(std::string& json, std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool container = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  if (container && JsonDocument::parse(text)) {
    json += text;
  } else {
    append_json_string(json, text);
  }
}

// One JSON text a line; RFC 7464 puts a record separator in front.
std::optional<std::string> ndjson(std::string_view text, bool labelled) {
  std::string json = "[";
  std::size_t lines = 0;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (line.starts_with('\x1E')) line.remove_prefix(1);
    if (is_blank(line)) continue;
    if (!labelled && line[line.find_first_not_of(" \t")] != '{') return std::nullopt;
    if (!JsonDocument::parse(line)) return std::nullopt;
    json += lines++ ? "," : "";
    json += line;
  }
  if (lines < (labelled ? 1U : 2U)) return std::nullopt;
  return json + "]";
}

// An event while it is read (WHATWG HTML, server-sent events).
struct Event {
  std::string data, name, id, retry;
  bool any = false;

  void take(std::string_view line) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view field = line.substr(0, colon);
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    any = any || !field.empty();
    if (field == "data") data += (data.empty() ? "" : "\n") + std::string(value);
    if (field == "event") name = value;
    if (field == "id") id = value;
    if (field == "retry") retry = value;
  }

  void append_to(std::string& json) const {
    json += R"({"data":)";
    append_content(json, data);
    for (const auto& [key, value] : {std::pair{R"(,"event":)", &name}, {R"(,"id":)", &id}, {R"(,"retry":)", &retry}}) {
      if (value->empty()) continue;
      json += key;
      append_json_string(json, *value);
    }
    json += '}';
  }
};

std::string server_sent_events(std::string_view text) {
  std::string json = "[";
  Event event;
  const auto dispatch = [&] {
    if (!event.any) return;
    if (json.size() > 1) json += ',';
    event.append_to(json);
    event = {};
  };
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) {
      dispatch();
    } else {
      event.take(line);
    }
  }
  dispatch();
  return json + "]";
}

std::optional<std::string> form(std::string_view text) {
  std::string json = "{";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (field.empty()) continue;
    const std::size_t equals = std::min(field.find('='), field.size());
    if (json.size() > 1) json += ',';
    append_json_string(json, form_decoded(field.substr(0, equals)));
    json += ':';
    append_json_string(json, form_decoded(field.substr(std::min(equals + 1, field.size()))));
  }
  return json + "}";
}

void append_part_body(std::string& json, std::string_view body) {
  if (is_utf8(body) && body.find('\0') == std::string_view::npos) return append_content(json, body);
  append_json_string(json, std::to_string(body.size()) + " bytes, sha256 " + to_hex(sha256(body).data(), 32));
}

// One part of a multipart body (RFC 2046 §5.1): an object of its headers and its body.
void append_part(std::string& json, std::string_view part) {
  json += '{';
  while (!part.empty()) {
    const std::string_view line = take_line(part);
    if (line.empty()) break;
    const std::size_t colon = std::min(line.find(':'), line.size());
    append_json_string(json, to_lower(trim(line.substr(0, colon))));
    json += ':';
    append_json_string(json, trim(line.substr(std::min(colon + 1, line.size()))));
    json += ',';
  }
  json += R"("body":)";
  append_part_body(json, part);
  json += '}';
}

std::optional<std::string> multipart(std::string_view text, const std::string& boundary) {
  const std::string delimiter = "--" + boundary;
  std::string json = "[";
  std::size_t at = text.find(delimiter);
  if (boundary.empty() || at == std::string_view::npos) return std::nullopt;
  while (true) {
    std::string_view rest = text.substr(at + delimiter.size());
    if (rest.starts_with("--")) return json + "]";
    const std::size_t skipped = std::min(rest.find('\n'), rest.size() - 1) + 1;
    if (rest.empty()) return std::nullopt;
    rest.remove_prefix(skipped);
    const std::size_t end = rest.find("\n" + delimiter);
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view part = rest.substr(0, end);
    if (part.ends_with('\r')) part.remove_suffix(1);
    if (json.size() > 1) json += ',';
    append_part(json, part);
    text = rest;
    at = end + 1;
  }
}

// Messages of a gRPC stream are prefixed with a flag and four bytes of length.
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

// The replacements of ISO-8859-1 that Windows-1252 makes at 0x80; browsers read both as the latter.
constexpr std::array<std::uint16_t, 32> kWindows1252 = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                                        0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                                        0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                        0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

void append_utf8(std::string& text, unsigned code) {
  const auto put = [&](unsigned byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

std::string from_single_bytes(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(utf8, byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80U] : byte);
  }
  return utf8;
}

// Nothing when it is no UTF-16: an odd byte, half a pair. What cannot be read must not be dropped.
std::optional<std::string> from_utf16(std::string_view text, bool big_endian) {
  const auto unit = [&](std::size_t at) {
    const auto a = static_cast<unsigned char>(text[at]);
    const auto b = static_cast<unsigned char>(text[at + 1]);
    return big_endian ? a << 8U | b : b << 8U | a;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::string utf8;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned code = unit(i);
    if (code >= 0xDC00 && code < 0xE000) return std::nullopt;
    if (code >= 0xD800 && code < 0xDC00) {
      const unsigned low = i + 2 < text.size() ? unit(i + 2) : 0;
      if (low < 0xDC00 || low >= 0xE000) return std::nullopt;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      i += 2;
    }
    append_utf8(utf8, code);
  }
  return utf8;
}

}  // namespace

std::string form_decoded(std::string_view text) {
  const auto hex = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    decoded += escape ? static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i] == '+' ? ' ' : text[i];
    i += escape ? 2 : 0;
  }
  return decoded;
}

MediaType parse_media_type(std::string_view content_type) {
  return {to_lower(trim(content_type.substr(0, content_type.find(';')))),
          to_lower(parameter_of(content_type, "charset")), parameter_of(content_type, "boundary")};
}

bool is_json_type(std::string_view type) {
  return (type.ends_with("/json") || type.ends_with("+json")) && type != "application/stream+json";
}

std::string to_utf8(std::string_view text, std::string_view charset) {
  const bool little_mark = text.starts_with("\xFF\xFE");
  const bool big_mark = text.starts_with("\xFE\xFF");
  const std::string_view after_mark = text.substr(little_mark || big_mark ? 2 : 0);
  if (little_mark || big_mark || charset.starts_with("utf-16")) {
    const auto utf8 = from_utf16(after_mark, big_mark || (!little_mark && charset != "utf-16le"));
    return utf8 && !utf8->empty() ? *utf8 : std::string(text);
  }
  const bool single =
      charset == "iso-8859-1" || charset == "latin1" || charset == "windows-1252" || charset == "us-ascii";
  return single && !is_utf8(text) ? from_single_bytes(text) : std::string(text);
}

bool promises_structure(const MediaType& type) {
  return is_one_of(kNdjsonTypes, type.type) || is_one_of(kProtobufTypes, type.type) || is_xml(type.type) ||
         type.type == "text/html" || type.type == "text/event-stream" ||
         type.type == "application/x-www-form-urlencoded" || type.type.starts_with("multipart/");
}

std::optional<Structured> read_structured(const MediaType& type, std::string_view content) {
  const auto result = [](std::optional<std::string> json, std::string_view name) -> std::optional<Structured> {
    if (!json) return std::nullopt;
    return Structured{std::move(*json), name};
  };
  if (is_one_of(kProtobufTypes, type.type)) {
    const bool grpc = type.type.starts_with("application/grpc");
    return result(grpc ? grpc_as_json(content) : protobuf_as_json(content), "protobuf");
  }
  if (type.type.starts_with("multipart/")) return result(multipart(content, type.boundary), "multipart");
  if (!is_utf8(content)) return std::nullopt;
  if (is_one_of(kNdjsonTypes, type.type)) return result(ndjson(content, true), "ndjson");
  if (type.type == "text/event-stream") return result(server_sent_events(content), "sse");
  if (type.type == "application/x-www-form-urlencoded") return result(form(content), "form");
  if (is_xml(type.type)) return result(markup_as_json(content, false), "xml");
  if (type.type == "text/html") return result(markup_as_json(content, true), "html");
  return result(ndjson(content, false), "ndjson");
}

void append_json_string(std::string& json, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  const bool utf8 = is_utf8(text);
  json += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      json += "\\u00";
      json += kHex[byte >> 4U];
      json += kHex[byte & 0xFU];
    } else if (byte >= 0x80 && !utf8) {
      json += "\xEF\xBF\xBD";
    } else {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
  }
  json += '"';
}

}  // namespace tracerec::body
