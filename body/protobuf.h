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

}  // namespace tracerec::body
