// Protobuf without its schema, and gRPC (protobuf.dev, Encoding). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tracerec::body {

// An object of field numbers, each an array. Length-delimited fields are read as text, as a message or as bytes, the
// first that fits. Nothing when it is none.
[[nodiscard]] std::optional<std::string> protobuf_as_json(std::string_view bytes);

// An array of the messages of a gRPC stream, each after a flag and four bytes of length. Nothing when one is
// compressed, cut off, or not protobuf.
[[nodiscard]] std::optional<std::string> grpc_as_json(std::string_view bytes);

// The same of gRPC-Web: a frame whose flag has the bit 0x80 holds trailers, written as HTTP/1 header fields
// (doc/PROTOCOL-WEB.md of gRPC). It becomes an object of them, names in lower case.
[[nodiscard]] std::optional<std::string> grpc_web_as_json(std::string_view bytes);

// The same in base64, each frame on its own or all in one: padding may stand between them.
[[nodiscard]] std::optional<std::string> grpc_web_text_as_json(std::string_view text);

}  // namespace tracerec::body
