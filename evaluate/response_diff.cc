#include "evaluate/response_diff.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/columns.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"
#include "body/charset.h"
#include "body/json_document.h"
#include "body/json_layout.h"
#include "body/media_type.h"
#include "diff/line_diff.h"
#include "http/decode.h"
#include "http/message.h"

namespace tracerec::evaluate {
namespace {

using diff::DiffLine;
using Lines = std::vector<std::string>;

constexpr std::size_t kContext = 3;          // equal lines of a body that are shown before and after what differs
constexpr std::size_t kLineColumns = 400;    // of one side of a line
constexpr std::size_t kLineBytes = 1 << 16;  // what is looked at of a line

std::string field_line(const http::Header& header) {
  return header.name + ": " + header.value;
}

Lines split_lines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line.substr(0, kLineBytes));
    // What is cut off still makes two lines different.
    if (line.size() > kLineBytes) lines.back() += "… [" + size_and_sha256(line.substr(kLineBytes)) + " more]";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Lines lines_of_content(const http::HeaderList& headers, const std::string& content) {
  if (content.empty()) return {};
  const std::string* const type = headers.find("Content-Type");
  const body::MediaType media = body::parse_media_type(type == nullptr ? "" : *type);
  const std::string text = body::to_utf8(content, media.charset);
  if (!is_utf8(text)) return {"[no text: " + size_and_sha256(content) + "]"};
  const std::string shown = body::JsonDocument::parse(text) ? body::lay_out_json(text) : text;
  const auto count = static_cast<std::uint64_t>(std::count(shown.begin(), shown.end(), '\n'));
  if (count <= kMaxDiffLines) return split_lines(shown);
  return {"[" + format_count(count) + " lines: too many to be shown beside each other; " + size_and_sha256(content) +
          "]"};
}

std::string missing_text(const schema::StoredBody& body) {
  return "[" + format_count(body.wire_bytes - body.captured_bytes) + " of " + format_count(body.wire_bytes) +
         " bytes are missing]";
}

// Of a body that cannot be decoded, the bytes of the wire.
Lines lines_of_wire(const http::HeaderList& headers, const schema::StoredBody& body, const std::string& wire) {
  if (!body.whole()) {
    const auto beginning = http::decode_beginning(headers, wire, kMaxDiffBytes);
    Lines lines = lines_of_content(headers, beginning ? *beginning : wire);
    lines.push_back(missing_text(body));
    return lines;
  }
  const auto content = http::decode_body(headers, wire, kMaxDiffBytes);
  if (content) return lines_of_content(headers, *content);
  Lines lines{"[not decoded: " + content.error().message + "]"};
  for (std::string& line : lines_of_content({}, wire)) lines.push_back(std::move(line));
  return lines;
}

void add_trailers(const http::HeaderList& headers, const std::string& wire, Lines& lines) {
  const auto trailers = http::decode_trailers(headers, wire);
  if (!trailers) return;
  for (const http::Header& one : *trailers) lines.push_back("[trailer] " + field_line(one));
}

std::string_view name_in(std::string_view field) {
  return field.substr(0, field.find(':'));
}

// `fields` in the order of `like`; what that does not have comes last.
Lines in_order_of(const Lines& like, Lines fields) {
  Lines ordered;
  const auto take = [&](std::string_view name) {
    const auto at = std::find_if(fields.begin(), fields.end(),
                                 [&](const std::string& field) { return equals_ignoring_case(name_in(field), name); });
    if (at == fields.end()) return;
    ordered.push_back(std::move(*at));
    fields.erase(at);
  };
  for (const std::string& field : like) take(name_in(field));
  std::move(fields.begin(), fields.end(), std::back_inserter(ordered));
  return ordered;
}

bool is_equal(const DiffLine& line) {
  return line.side == DiffLine::Side::kBoth;
}

std::string mark_of(const DiffLine& line) {
  return is_equal(line) ? "  " : line.side == DiffLine::Side::kRecorded ? "- " : "+ ";
}

// Lines that stand for each other are cut so that what differs is seen.
void add_changed(const DiffLine* begin, const DiffLine* end, Lines& out) {
  const DiffLine* const middle =
      std::find_if(begin, end, [](const DiffLine& line) { return line.side == DiffLine::Side::kReplayed; });
  const bool in_pairs = middle - begin == end - middle;
  const auto partner = [&](const DiffLine* line) {
    return line < middle ? middle + (line - begin) : begin + (line - middle);
  };
  for (const DiffLine* line = begin; line != end; ++line) {
    const std::string text = printable(line->text);
    if (!in_pairs) {
      out.push_back(mark_of(*line) + cut_middle(text, kLineColumns));
      continue;
    }
    const std::string other = printable(partner(line)->text);
    const auto cut =
        line < middle ? cut_alike(text, other, 2 * kLineColumns) : cut_alike(other, text, 2 * kLineColumns);
    out.push_back(mark_of(*line) + (line < middle ? cut.first : cut.second));
  }
}

void add_equal(const DiffLine* begin, const DiffLine* end, bool is_first, bool is_last, Lines& out) {
  const auto count = static_cast<std::size_t>(end - begin);
  const std::size_t before = is_first ? 0 : kContext, after = is_last ? 0 : kContext;
  const bool is_long = count > before + after + kContext;
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_shown = !is_long || i < before || i >= count - after;
    if (is_shown) out.push_back("  " + cut_middle(printable(begin[i].text), kLineColumns));
    if (is_long && i == before) out.push_back("  … " + format_count(count - before - after) + " equal lines");
  }
}

void add_diff(const Lines& recorded, const Lines& replayed, bool all, Lines& out) {
  const std::vector<DiffLine> lines = diff::diff_lines(recorded, replayed);
  const DiffLine* const last = lines.data() + lines.size();
  for (const DiffLine* at = lines.data(); at != last;) {
    const DiffLine* const end =
        std::find_if(at, last, [&](const DiffLine& one) { return is_equal(one) != is_equal(*at); });
    if (!is_equal(*at)) {
      add_changed(at, end, out);
    } else if (all) {
      for (const DiffLine* line = at; line != end; ++line)
        out.push_back("  " + cut_middle(printable(line->text), kLineColumns));
    } else {
      add_equal(at, end, at == lines.data(), end == last, out);
    }
    at = end;
  }
}

}  // namespace

Result<ResponseLines> response_lines(schema::Reader& reader, const std::string& raw_head,
                                     const schema::StoredBody& body) {
  auto head = http::parse_response_head(raw_head);
  if (!head) return head.error();
  ResponseLines lines;
  lines.status = "HTTP/1." + std::to_string(head->minor_version) + " " + std::to_string(head->status) +
                 (head->reason.empty() ? "" : " " + head->reason);
  for (const http::Header& header : head->headers) lines.headers.push_back(field_line(header));
  if (body.captured_bytes > kMaxDiffBytes) {
    lines.body.push_back("[" + format_count(body.wire_bytes) +
                         " bytes: too long to be shown beside each other; --as http has them]");
    return lines;
  }
  auto wire = reader.load_body(body, kMaxDiffBytes);
  if (!wire) return wire.error();
  lines.body = lines_of_wire(head->headers, body, *wire);
  if (body.whole()) add_trailers(head->headers, *wire, lines.body);
  return lines;
}

std::vector<std::string> response_diff(const ResponseLines& recorded, ResponseLines replayed) {
  Lines out;
  add_diff({recorded.status}, {replayed.status}, true, out);
  add_diff(recorded.headers, in_order_of(recorded.headers, std::move(replayed.headers)), true, out);
  out.emplace_back();
  add_diff(recorded.body, replayed.body, false, out);
  return out;
}

}  // namespace tracerec::evaluate
