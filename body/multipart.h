// Multipart bodies (RFC 2046 §5.1, RFC 7578). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tracerec::body {

// One part, by offsets into the text: header fields, an empty line, content.
struct Part {
  std::size_t begin = 0;
  std::size_t head_end = 0;       // after the last header field, before the empty line
  std::size_t content_begin = 0;  // after the empty line; when there is none: `end`
  std::size_t end = 0;            // before the line end that belongs to the next delimiter
  bool has_content = false;       // there is an empty line

  [[nodiscard]] std::string_view head(std::string_view text) const { return text.substr(begin, head_end - begin); }
  [[nodiscard]] std::string_view content(std::string_view text) const {
    return text.substr(content_begin, end - content_begin);
  }
};

// Goes through the parts of a body. What stands before the first and after the last is passed over. A line that begins
// like a delimiter and goes on (`--boundary--x`) ends the parts: readers differ in what it is. Linear time.
class MultipartReader {
 public:
  // `text` is borrowed; `boundary` is without its two dashes. An empty one has no parts.
  MultipartReader(std::string_view text, std::string_view boundary);

  // Nothing after the last part, or when what comes next is not a part.
  [[nodiscard]] std::optional<Part> next();

  // The closing delimiter was reached. Anything else is cut off, or has another boundary.
  [[nodiscard]] bool complete() const { return complete_; }

  // There is more than white space before the first delimiter or after the closing one. Another reader may find parts
  // there.
  [[nodiscard]] bool has_other_text() const { return has_other_text_; }

 private:
  [[nodiscard]] std::size_t find_delimiter(std::size_t at) const;
  [[nodiscard]] bool closes_at(std::size_t at) const;

  std::string_view text_;
  std::string delimiter_;
  std::size_t at_;  // after the delimiter before the next part; npos: none
  bool complete_ = false;
  bool has_other_text_ = false;
};

// A header field of a part; views into its head.
struct PartField {
  std::string_view name;   // without white space around it
  std::string_view value;  // the same
};

// Takes the next line off `head`. A line without a colon is all name. Nothing at the end.
[[nodiscard]] std::optional<PartField> next_part_field(std::string_view& head);

// The value of the first field called `name`, any case; empty when there is none.
[[nodiscard]] std::string_view part_field(std::string_view head, std::string_view name);

// An array of the parts: objects of their header fields, in lower case, and "body". Nothing when the body is not
// multipart with this boundary to its end.
[[nodiscard]] std::optional<std::string> multipart_as_json(std::string_view text, std::string_view boundary);

}  // namespace tracerec::body
