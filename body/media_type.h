// What a Content-Type says (RFC 9110 §8.3). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tracerec::body {

struct MediaType {
  std::string type;      // "text/html", lower case
  std::string charset;   // lower case, may be empty
  std::string boundary;  // of multipart bodies, as written
};
[[nodiscard]] MediaType parse_media_type(std::string_view content_type);

// "text/html" alone, lower case.
[[nodiscard]] std::string type_of(std::string_view content_type);

// A parameter of a header value (RFC 9110 §5.6.6), any case of its name, without its quotes; of escapes only those of a
// quote and of a backslash are resolved, since browsers write file names with bare backslashes. Empty when it is not
// there, or what stands before it cannot be read.
[[nodiscard]] std::string header_parameter(std::string_view value, std::string_view name);

// The same of all that have this name; readers differ in which one counts.
[[nodiscard]] std::vector<std::string> header_parameters(std::string_view value, std::string_view name);

// RFC 6839 §3.1 for +json. `type` is lower case.
[[nodiscard]] bool is_json_type(std::string_view type);

// RFC 7303 §4.2 for +xml. `type` is lower case.
[[nodiscard]] bool is_xml_type(std::string_view type);

}  // namespace tracerec::body
