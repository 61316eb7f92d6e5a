// Whatever a body is labelled as and whatever it holds, it becomes JSON or nothing, and parts and fields stand where
// they are said to. Input: a Content-Type, a line end, the body.
#include <string>

#include "base/utf8.h"
#include "body/charset.h"
#include "body/form.h"
#include "body/json_document.h"
#include "body/json_scanner.h"
#include "body/markup.h"
#include "body/multipart.h"
#include "body/protobuf.h"
#include "body/structured.h"
#include "fuzz.h"

namespace tracerec::fuzz {
namespace {

void check_json(std::string_view json) {
  const auto document = body::JsonDocument::parse(json);
  FUZZ_CHECK(document || document.error().fault == body::JsonFault::kTooDeep);
}

void check_structured(const body::MediaType& type, std::string_view content) {
  for (const body::MarkupOrder order : {body::MarkupOrder::kLeftOut, body::MarkupOrder::kKept}) {
    if (const auto read = body::read_structured(type, content, order)) check_json(read->json);
  }
}

// Both halves of the input as a pair.
void check_xml_pair(std::string_view content) {
  const std::size_t half = content.size() / 2;
  const auto pair = body::xml_pair_as_json(content.substr(0, half), content.substr(half));
  if (!pair) return;
  check_json(pair->first);
  check_json(pair->second);
}

void check_parts(const body::MediaType& type, std::string_view content) {
  body::MultipartReader reader(content, type.boundary);
  std::size_t end = 0;
  while (const auto part = reader.next()) {
    FUZZ_CHECK(end <= part->begin && part->begin <= part->head_end && part->head_end <= part->content_begin);
    FUZZ_CHECK(part->content_begin <= part->end && part->end <= content.size());
    end = part->end;
  }
}

void check_fields(std::string_view content) {
  std::size_t at = 0, end = 0;
  while (const auto field = body::next_form_field(content, at)) {
    FUZZ_CHECK(end <= field->begin && field->begin <= field->name_end && field->name_end <= field->value_begin);
    FUZZ_CHECK(field->value_begin <= field->end && field->end <= content.size());
    end = field->end;
  }
}

// Keeps to a stack, and to offsets that rise.
struct Watcher {
  std::size_t at = 0, depth = 0;
  void moved(std::size_t to) {
    FUZZ_CHECK(to >= at);
    at = to;
  }
  void on_begin(body::ValueType, std::size_t begin) {
    moved(begin);
    ++depth;
  }
  void on_end(std::size_t end) {
    moved(end);
    FUZZ_CHECK(depth-- > 0);
  }
  void on_element() { FUZZ_CHECK(depth > 0); }
  void on_name(const body::JsonString& name) { on_string(name); }
  void on_string(const body::JsonString& string) { on_scalar(body::ValueType::kString, string.begin, string.end); }
  void on_scalar(body::ValueType, std::size_t begin, std::size_t end) {
    moved(begin);
    moved(end);
  }
};

template <body::JsonDialect dialect>
bool scans(std::string_view content) {
  Watcher watcher;
  body::JsonScanner<dialect, Watcher> scanner(content, watcher);
  return scanner.read_value() && scanner.at_end();
}

// What is JSON is JSON in every dialect.
void check_dialects(std::string_view content) {
  constexpr body::JsonDialect kLenient = {
      .control_characters = true, .any_bytes = true, .any_escape = true, .any_word = true};
  const bool strict = scans<body::JsonDialect{}>(content);
  FUZZ_CHECK(strict == body::JsonDocument::parse(content).has_value());
  const bool lenient = scans<kLenient>(content);
  FUZZ_CHECK(!strict || lenient);
}

}  // namespace

void fuzz_one(std::string_view input) {
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return;
  const body::MediaType type = body::parse_media_type(input.substr(0, end));
  const std::string_view content = input.substr(end + 1);
  check_structured(type, content);
  check_parts(type, content);
  check_fields(content);
  check_dialects(content);
  (void)body::markup_as_json(content, body::Markup::kXml);
  (void)body::markup_as_json(content, body::Markup::kHtml);
  check_xml_pair(content);
  (void)body::protobuf_as_json(content);
  (void)body::grpc_web_text_as_json(content);
  (void)body::declared_charset(content);
  const std::string utf8 = body::to_utf8(content, type.charset);
  FUZZ_CHECK(utf8 == content || is_utf8(utf8));
}

}  // namespace tracerec::fuzz
