#include "report/page.h"

#include <algorithm>

#include "base/columns.h"

namespace tracerec::report {

Page::Page(ReporterOptions options)
    : colours_(options.colours), width_(std::clamp(options.width, kMinColumns, kMaxColumns)) {}

std::string Page::coloured(const char* code, const std::string& text) const {
  if (!colours_ || text.empty() || *code == '\0') return text;
  return "\x1b[" + std::string(code) + "m" + text + "\x1b[0m";
}

std::string Page::two_sided(const std::string& left, const std::string& right, const char* left_code,
                            const char* right_code) const {
  const std::size_t on_right = display_width(right);
  if (right.empty() || on_right + 2 >= width_) return coloured(left_code, cut_middle(left, width_));
  const std::size_t room = width_ - on_right - 2;
  const std::string cut = cut_middle(left, room);
  const std::string gap(room - display_width(cut) + 2, ' ');
  return coloured(left_code, cut) + gap + coloured(right_code, right);
}

std::string Page::labelled(const std::string& label, const char* code, const std::string& left,
                           const std::string& right, const char* right_code) const {
  constexpr std::size_t kLeastLeft = 8;
  const std::string begin(label.size() + 2, ' ');
  const bool both = begin.size() + kLeastLeft + 2 + display_width(right) <= width_;
  const std::string line = two_sided(begin + left, both ? right : "", kPlain, right_code);
  return coloured(code, label) + line.substr(label.size());
}

Lines Page::paragraph(const std::string& label, const std::string& text, const char* code) const {
  const std::size_t indent = display_width(label) + 2;
  Lines lines;
  for (const std::string& line : wrap_words(text, width_ - std::min(width_, indent))) {
    lines.push_back(lines.empty() ? coloured(code, label) + "  " + line : std::string(indent, ' ') + line);
  }
  return lines;
}

Lines join_parts(const Lines& parts, const std::string& between, std::size_t width) {
  Lines lines;
  for (const std::string& part : parts) {
    if (!lines.empty() && display_width(lines.back()) + display_width(between) + display_width(part) <= width) {
      lines.back().append(between).append(part);
    } else {
      lines.push_back(cut_middle(part, width));
    }
  }
  return lines;
}

void append(Lines& lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

}  // namespace tracerec::report
