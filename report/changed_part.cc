#include "report/changed_part.h"

#include <algorithm>

#include "base/utf8.h"

namespace tracerec::report {

ChangedPart changed_part(std::string_view before, std::string_view after) {
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t begin = 0;
  while (begin < shorter && before[begin] == after[begin]) ++begin;
  const auto inside = [](std::string_view text, std::size_t at) { return at < text.size() && is_utf8_tail(text[at]); };
  while (begin > 0 && (inside(before, begin) || inside(after, begin))) --begin;
  std::size_t end = 0;
  while (end < shorter - begin && before[before.size() - 1 - end] == after[after.size() - 1 - end]) ++end;
  while (end > 0 && is_utf8_tail(before[before.size() - end])) --end;
  return {before.substr(0, begin), before.substr(begin, before.size() - begin - end),
          after.substr(begin, after.size() - begin - end), before.substr(before.size() - end)};
}

}  // namespace tracerec::report
