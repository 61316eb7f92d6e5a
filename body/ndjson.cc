#include "body/ndjson.h"

#include "body/json_document.h"
#include "body/lines.h"

namespace tracerec::body {

std::optional<std::string> ndjson_as_json(std::string_view text, bool labelled) {
  std::string json = "[";
  std::size_t lines = 0;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (line.starts_with('\x1E')) line.remove_prefix(1);
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // of files that were put together
    if (is_blank(line)) continue;
    if (!labelled && line[line.find_first_not_of(" \t")] != '{') return std::nullopt;
    if (!JsonDocument::parse(line)) return std::nullopt;
    json += lines++ ? "," : "";
    json += line;
  }
  if (lines < (labelled ? 1U : 2U)) return std::nullopt;
  return json + "]";
}

}  // namespace tracerec::body
