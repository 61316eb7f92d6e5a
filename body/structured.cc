#include "body/structured.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "body/event_stream.h"
#include "body/form.h"
#include "body/multipart.h"
#include "body/ndjson.h"
#include "body/protobuf.h"

namespace tracerec::body {
namespace {

constexpr std::array<std::string_view, 6> kNdjsonTypes = {"application/x-ndjson",    "application/ndjson",
                                                          "application/jsonl",       "application/x-jsonlines",
                                                          "application/stream+json", "application/json-seq"};
constexpr std::array<std::string_view, 5> kProtobufTypes = {"application/protobuf", "application/x-protobuf",
                                                            "application/vnd.google.protobuf", "application/grpc",
                                                            "application/grpc+proto"};
// gRPC-Web (github.com/grpc/grpc, doc/PROTOCOL-WEB.md).
constexpr std::array<std::string_view, 2> kGrpcWebTypes = {"application/grpc-web", "application/grpc-web+proto"};
constexpr std::array<std::string_view, 2> kGrpcWebTextTypes = {"application/grpc-web-text",
                                                               "application/grpc-web-text+proto"};
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

template <std::size_t n>
bool is_type_of(const std::array<std::string_view, n>& types, std::string_view type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

std::optional<Structured> named(std::string_view name, std::optional<std::string> json) {
  if (!json) return std::nullopt;
  return Structured{std::move(*json), name};
}

}  // namespace

bool promises_structure(const MediaType& type) {
  return is_type_of(kNdjsonTypes, type.type) || is_type_of(kProtobufTypes, type.type) ||
         is_type_of(kGrpcWebTypes, type.type) || is_type_of(kGrpcWebTextTypes, type.type) || is_xml_type(type.type) ||
         type.type == "text/html" || type.type == "text/event-stream" || type.type == kFormType ||
         type.type.starts_with("multipart/");
}

std::optional<Structured> read_structured(const MediaType& type, std::string_view content, MarkupOrder order) {
  if (is_type_of(kGrpcWebTypes, type.type)) return named("protobuf", grpc_web_as_json(content));
  if (is_type_of(kGrpcWebTextTypes, type.type)) return named("protobuf", grpc_web_text_as_json(content));
  if (is_type_of(kProtobufTypes, type.type)) {
    const bool grpc = type.type.starts_with("application/grpc");
    return named("protobuf", grpc ? grpc_as_json(content) : protobuf_as_json(content));
  }
  if (type.type.starts_with("multipart/")) return named("multipart", multipart_as_json(content, type.boundary));
  if (!is_utf8(content)) return std::nullopt;
  if (is_type_of(kNdjsonTypes, type.type)) return named("ndjson", ndjson_as_json(content, true));
  if (type.type == "text/event-stream") return named("sse", event_stream_as_json(content));
  if (type.type == kFormType) return named("form", form_as_json(content));
  if (is_xml_type(type.type)) return named("xml", markup_as_json(content, Markup::kXml, order));
  if (type.type == "text/html") return named("html", markup_as_json(content, Markup::kHtml, order));
  return named("ndjson", ndjson_as_json(content, false));
}

}  // namespace tracerec::body
