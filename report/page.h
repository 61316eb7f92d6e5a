// Lines of a page of text for a terminal. What goes in is printable() already.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/report.h"

namespace tracerec::report {

using Lines = std::vector<std::string>;

inline constexpr const char* kPlain = "";
inline constexpr const char* kBold = "1";
inline constexpr const char* kFaint = "2";
inline constexpr const char* kGood = "1;32";
inline constexpr const char* kBad = "1;31";

class Page {
 public:
  // Widths outside of kMinColumns and kMaxColumns are taken for those.
  explicit Page(ReporterOptions options);

  [[nodiscard]] std::size_t width() const { return width_; }

  // As an escape sequence of SGR (ECMA-48 §8.3.117) around it; `text` itself without colours.
  [[nodiscard]] std::string coloured(const char* code, const std::string& text) const;

  // One line with `right` at its end; `left` is cut where the two do not fit.
  [[nodiscard]] std::string two_sided(const std::string& left, const std::string& right, const char* left_code = kPlain,
                                      const char* right_code = kFaint) const;

  // Likewise, beginning with a coloured word of a few letters; without `right` where there is no room for it.
  [[nodiscard]] std::string labelled(const std::string& label, const char* code, const std::string& left,
                                     const std::string& right, const char* right_code = kFaint) const;

  // "label  text", with the further lines of the text below its first one.
  [[nodiscard]] Lines paragraph(const std::string& label, const std::string& text, const char* code = kBold) const;

 private:
  bool colours_;
  std::size_t width_;
};

// The parts with `between` between them, in lines that are broken there alone.
[[nodiscard]] Lines join_parts(const Lines& parts, const std::string& between, std::size_t width);

void append(Lines& lines, const Lines& more);

}  // namespace tracerec::report
