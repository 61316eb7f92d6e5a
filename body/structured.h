// Bodies with a structure that is not JSON, read as JSON, so that paths, alignment, noise, shapes and rules are the
// same for all of them. docs/diff.md says what each form becomes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "body/markup.h"
#include "body/media_type.h"

namespace tracerec::body {

// The body as JSON text when it is NDJSON (also without its label), server-sent events, a form, multipart, XML, HTML,
// protobuf, gRPC or gRPC-Web. `name` is what it was read as. Nothing when it is none of these, or does not keep to its
// form.
struct Structured {
  std::string json;
  std::string_view name;
};
[[nodiscard]] std::optional<Structured> read_structured(const MediaType& type, std::string_view content,
                                                        MarkupOrder order = MarkupOrder::kLeftOut);

// Whether the label promises one of these forms.
[[nodiscard]] bool promises_structure(const MediaType& type);

}  // namespace tracerec::body
