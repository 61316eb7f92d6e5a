#include "body/multipart.h"

#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"
#include "body/json_document.h"
#include "body/json_text.h"
#include "body/lines.h"

namespace tracerec::body {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// Finds the empty line, whatever line ends the lines have.
Part part_between(std::string_view text, std::size_t begin, std::size_t end) {
  std::string_view rest = text.substr(begin, end - begin);
  while (!rest.empty()) {
    const std::size_t at = end - rest.size();
    if (take_line(rest).empty()) return {begin, at, end - rest.size(), end, true};
  }
  return {begin, end, end, end, false};
}

void append_part(std::string& json, std::string_view text, const Part& part) {
  json += '{';
  std::string_view head = part.head(text);
  while (const auto field = next_part_field(head)) {
    append_json_string(json, to_lower(field->name));
    json += ':';
    append_json_string(json, field->value);
    json += ',';
  }
  json += R"("body":)";
  const std::string_view content = part.content(text);
  const bool is_text = is_utf8(content) && content.find('\0') == kNone;
  if (is_text) {
    append_json_or_string(json, content);
  } else {
    append_json_string(json, size_and_sha256(content));
  }
  json += '}';
}

}  // namespace

MultipartReader::MultipartReader(std::string_view text, std::string_view boundary)
    : text_(text), delimiter_("--" + std::string(boundary)), at_(kNone) {
  if (boundary.empty()) return;
  const std::size_t first = text.starts_with(delimiter_) ? 0 : find_delimiter(0);
  if (first == kNone) return;
  has_other_text_ = !is_blank(text.substr(0, first));
  at_ = first + (first == 0 && text.starts_with(delimiter_) ? 0 : 1) + delimiter_.size();
}

std::size_t MultipartReader::find_delimiter(std::size_t at) const {
  return text_.find("\n" + delimiter_, at);
}

// A closing delimiter: two dashes, and nothing but padding (RFC 2046 §5.1.1) up to the end of the line.
bool MultipartReader::closes_at(std::size_t at) const {
  std::string_view rest = text_.substr(at);
  return rest.starts_with("--") && is_blank(take_line(rest).substr(2));
}

std::optional<Part> MultipartReader::next() {
  if (at_ == kNone || complete_) return std::nullopt;
  complete_ = closes_at(at_);
  if (complete_) has_other_text_ = has_other_text_ || !is_blank(text_.substr(at_ + 2));
  if (complete_) return std::nullopt;
  const std::size_t line_end = text_.find('\n', at_);
  const std::size_t next = find_delimiter(at_);
  const bool is_delimiter = line_end != kNone && is_blank(text_.substr(at_, line_end - at_));
  at_ = kNone;
  if (next == kNone || line_end >= next || !is_delimiter) return std::nullopt;
  at_ = next + 1 + delimiter_.size();
  const std::size_t begin = line_end + 1;
  return part_between(text_, begin, next > begin && text_[next - 1] == '\r' ? next - 1 : next);
}

std::optional<PartField> next_part_field(std::string_view& head) {
  if (head.empty()) return std::nullopt;
  const std::string_view line = take_line(head);
  const std::size_t colon = std::min(line.find(':'), line.size());
  return PartField{trim(line.substr(0, colon)), trim(line.substr(std::min(colon + 1, line.size())))};
}

std::string_view part_field(std::string_view head, std::string_view name) {
  while (const auto field = next_part_field(head)) {
    if (equals_ignoring_case(field->name, name)) return field->value;
  }
  return {};
}

std::optional<std::string> multipart_as_json(std::string_view text, std::string_view boundary) {
  MultipartReader reader(text, boundary);
  std::string json = "[";
  while (const auto part = reader.next()) {
    if (json.size() > 1) json += ',';
    append_part(json, text, *part);
  }
  if (!reader.complete()) return std::nullopt;
  return json + "]";
}

}  // namespace tracerec::body
