// A word here is a run of letters and digits with the separators after it. Pieces with digits that only a '-', ':', '.'
// or '/' keeps apart are one word: a time or an address varies as a whole, though some of its digits stay. Names of
// days and months belong to the numbers beside them for the same reason. Tests: tests/diff/text_spans_test.cc.
#include "diff/text_spans.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>

#include "base/ascii.h"
#include "base/text.h"
#include "diff/align.h"

namespace tracerec::diff {
namespace {

constexpr std::string_view kBase64Signs = "+/-_";
constexpr std::string_view kSoft = "-_.:/+%=~";
constexpr std::size_t kMaxChanceBytes = 3;  // of a word that two random texts have in common

struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;      // of letters and digits
  std::size_t sep_end = 0;  // of the separators after them
  bool has_digit = false;
  bool is_temporal = false;  // the name of a day or a month, a date, a time
};

bool is_core(char c) {
  return is_letter_or_digit(c) || !is_ascii(c);
}

bool is_calendar_word(std::string_view word) {
  static constexpr std::array kNames = std::to_array<std::string_view>(
      {"mon",      "tue",      "wed",    "thu",     "fri",       "sat",      "sun",    "jan",       "feb",
       "mar",      "apr",      "may",    "jun",     "jul",       "aug",      "sep",    "sept",      "oct",
       "nov",      "dec",      "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",  "sunday",
       "january",  "february", "march",  "april",   "june",      "july",     "august", "september", "october",
       "november", "december", "am",     "pm",      "gmt",       "utc"});
  constexpr std::size_t kLongest = 9;
  if (word.size() < 2 || word.size() > kLongest) return false;
  const std::string lower = to_lower(word);
  return std::find(kNames.begin(), kNames.end(), lower) != kNames.end();
}

bool is_date_or_time(std::string_view word) {
  return std::count(word.begin(), word.end(), ':') > 0 || std::count(word.begin(), word.end(), '-') == 2 ||
         std::count(word.begin(), word.end(), '/') == 2;
}

// How long the base64 at the beginning is; 0 when none stands there. It has letters of both cases, and digits.
std::size_t token_size(std::string_view text) {
  constexpr std::size_t kShortest = 16;
  constexpr std::size_t kTelling = 128;  // by then a token has shown all of them
  constexpr std::size_t kPadding = 2;
  std::size_t size = 0;
  bool upper = false, lower = false, digit = false;
  for (; size < text.size() &&
         (is_letter_or_digit(text[size]) || kBase64Signs.find(text[size]) != std::string_view::npos);
       ++size) {
    upper = upper || is_upper(text[size]);
    digit = digit || is_digit(text[size]);
    lower = lower || (is_letter(text[size]) && !is_upper(text[size]));
    if (size > kTelling && !(upper && lower && digit)) return 0;
  }
  if (size < kShortest || !upper || !lower || !digit) return 0;
  for (std::size_t i = 0; i < kPadding && size < text.size() && text[size] == '='; ++i) ++size;
  return size;
}

class Line {
 public:
  explicit Line(std::string_view text) : text_(text) {
    for (std::size_t at = 0; at < text_.size();) at = take(at);
  }

  [[nodiscard]] const std::vector<Word>& words() const { return words_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::string_view core(std::size_t i) const {
    return text_.substr(words_[i].begin, words_[i].end - words_[i].begin);
  }
  [[nodiscard]] std::string_view separators(std::size_t i) const {
    return text_.substr(words_[i].end, words_[i].sep_end - words_[i].end);
  }

  [[nodiscard]] std::vector<std::uint64_t> hashes() const {
    std::vector<std::uint64_t> hashes;
    hashes.reserve(words_.size());
    for (const Word& word : words_) {
      hashes.push_back(std::hash<std::string_view>{}(text_.substr(word.begin, word.sep_end - word.begin)));
    }
    return hashes;
  }

  // The two words before the one at `i`; those that vary themselves are all alike.
  [[nodiscard]] std::uint64_t context_of(std::size_t i, const std::vector<bool>& kept) const {
    std::string context;
    for (std::size_t at = i - std::min<std::size_t>(i, 2); at < i; ++at) {
      const bool varies = words_[at].has_digit || !kept[at];
      context.append(varies ? std::string_view("#") : core(at)).append(separators(at)) += '\0';
    }
    return std::hash<std::string_view>{}(context);
  }

 private:
  std::size_t take(std::size_t at) {
    Word word{at, at + token_size(text_.substr(at)), at};
    while (word.end < text_.size() && is_core(text_[word.end])) ++word.end;
    const std::string_view letters = text_.substr(at, word.end - at);
    word.has_digit = std::any_of(letters.begin(), letters.end(), is_digit);
    word.sep_end = word.end;
    while (word.sep_end < text_.size() && !is_core(text_[word.sep_end]) && !begins_token(word.sep_end)) ++word.sep_end;
    word.is_temporal = is_calendar_word(letters);
    if (words_.empty() || !join(words_.back(), word)) words_.push_back(word);
    return word.sep_end;
  }

  // One in 32 tokens begins with a '+' or a '/', which would else be a separator.
  [[nodiscard]] bool begins_token(std::size_t at) const {
    if (at == 0 || kBase64Signs.find(text_[at]) == std::string_view::npos) return false;
    const char before = text_[at - 1];
    const bool inside = is_core(before) || kBase64Signs.find(before) != std::string_view::npos;
    return !inside && token_size(text_.substr(at)) > 0;
  }

  // Makes one word of two that vary together.
  bool join(Word& last, const Word& next) const {
    const std::string_view between = text_.substr(last.end, next.begin - last.end);
    const bool soft = between.size() == 1 && std::string_view("-_.:/+").find(between.front()) != std::string_view::npos;
    const bool number = last.has_digit && next.has_digit && soft;
    const bool spaced = between == " " || between == ", " || between == "-" || between == "/";
    const bool dated =
        spaced && (last.is_temporal ? next.is_temporal || next.has_digit : next.is_temporal && last.has_digit);
    if (!number && !dated) return false;
    last.end = next.end;
    last.sep_end = next.sep_end;
    last.has_digit = last.has_digit || next.has_digit;
    last.is_temporal = dated || is_date_or_time(text_.substr(last.begin, last.end - last.begin));
    return true;
  }

  std::string_view text_;
  std::vector<Word> words_;
};

// Words of both lines that differ: [begin, end) on each side.
struct Region {
  std::size_t left_begin = 0, left_end = 0;
  std::size_t right_begin = 0, right_end = 0;
};

std::vector<bool> kept_words(std::size_t count, const std::vector<std::uint32_t>& alone,
                             const std::vector<std::pair<std::uint32_t, std::uint32_t>>& changed,
                             const std::vector<std::pair<std::uint32_t, std::uint32_t>>& moved, bool left) {
  std::vector<bool> kept(count, true);
  for (const std::uint32_t i : alone) kept[i] = false;
  for (const auto* pairs : {&changed, &moved}) {
    for (const auto& [i, j] : *pairs) kept[left ? i : j] = false;
  }
  return kept;
}

class LineComparison {
 public:
  LineComparison(std::string_view recorded, std::string_view replayed) : left_(recorded), right_(replayed) {}

  void run(std::uint64_t column_seed, char delimiter, SpanChanges& changes) {
    changes.words += left_.words().size();
    for (const Region& region : divided(merged(regions(changes)))) {
      SpanChange span;
      span.recorded = stretch(left_, region.left_begin, region.left_end);
      span.replayed = stretch(right_, region.right_begin, region.right_end);
      trim_separators(region, span);
      span.context = left_.context_of(region.left_begin, kept_left_);
      if (delimiter != '\0') span.column = column_of(span.recorded, region, delimiter) + column_seed;
      changes.spans.push_back(span);
    }
  }

 private:
  std::vector<Region> regions(SpanChanges& changes) {
    const Alignment alignment = align(left_.hashes(), right_.hashes());
    kept_left_ = kept_words(left_.words().size(), alignment.removed, alignment.changed, alignment.moved, true);
    const auto& kept_left = kept_left_;
    const auto kept_right =
        kept_words(right_.words().size(), alignment.inserted, alignment.changed, alignment.moved, false);
    std::vector<Region> found;
    for (std::size_t i = 0, j = 0; i < kept_left.size() || j < kept_right.size();) {
      Region region{i, i, j, j};
      while (i < kept_left.size() && !kept_left[i]) ++i;
      while (j < kept_right.size() && !kept_right[j]) ++j;
      region.left_end = i;
      region.right_end = j;
      if (region.left_begin != i || region.right_begin != j) found.push_back(region);
      if (i < kept_left.size()) changes.common_bytes += left_.words()[i].sep_end - left_.words()[i].begin;
      changes.common_words += i < kept_left.size();
      i += i < kept_left.size();
      j += j < kept_right.size();
    }
    return found;
  }

  // Two random texts have a short piece in common now and then.
  [[nodiscard]] std::vector<Region> merged(const std::vector<Region>& regions) const {
    std::vector<Region> result;
    for (const Region& region : regions) {
      if (!result.empty() && is_chance(result.back().left_end, region.left_begin)) {
        result.back().left_end = region.left_end;
        result.back().right_end = region.right_end;
      } else {
        result.push_back(region);
      }
    }
    return result;
  }

  // Word by word where as many stand on both sides, each with the same separators after it as the other.
  [[nodiscard]] std::vector<Region> divided(const std::vector<Region>& regions) const {
    std::vector<Region> result;
    for (Region rest : regions) {
      const bool alike = rest.left_end - rest.left_begin == rest.right_end - rest.right_begin;
      Region piece{rest.left_begin, rest.left_begin, rest.right_begin, rest.right_begin};
      while (alike && piece.left_end + 1 < rest.left_end) {
        const std::string_view separators = left_.separators(piece.left_end);
        const bool hard = separators.find_first_not_of(kSoft) != std::string_view::npos;
        const bool ends = hard && separators == right_.separators(piece.right_end);
        ++piece.left_end;
        ++piece.right_end;
        if (!ends) continue;
        result.push_back(piece);
        piece = {piece.left_end, piece.left_end, piece.right_end, piece.right_end};
      }
      rest.left_begin = piece.left_begin;
      rest.right_begin = piece.right_begin;
      result.push_back(rest);
    }
    return result;
  }

  [[nodiscard]] bool is_chance(std::size_t begin, std::size_t end) const {
    std::size_t bytes = 0;
    for (std::size_t i = begin == 0 ? 0 : begin - 1; i < end; ++i) {
      if (i >= begin) bytes += left_.core(i).size();
      if (left_.separators(i).find_first_not_of(kSoft) != std::string_view::npos) return false;
    }
    return bytes <= kMaxChanceBytes;
  }

  static std::string_view stretch(const Line& line, std::size_t begin, std::size_t end) {
    if (begin == end) return {};
    const std::size_t from = line.words()[begin].begin;
    return line.text().substr(from, line.words()[end - 1].sep_end - from);
  }

  // What follows the span is not part of it as long as it stays.
  void trim_separators(const Region& region, SpanChange& span) const {
    if (region.left_begin == region.left_end || region.right_begin == region.right_end) return;
    const std::string_view separators = left_.separators(region.left_end - 1);
    if (separators != right_.separators(region.right_end - 1)) return;
    span.recorded.remove_suffix(separators.size());
    span.replayed.remove_suffix(separators.size());
  }

  // 0 when the span goes beyond one cell.
  [[nodiscard]] std::uint64_t column_of(std::string_view span, const Region& region, char delimiter) const {
    if (span.find(delimiter) != std::string_view::npos || region.left_begin == region.left_end) return 0;
    const std::string_view before = left_.text().substr(0, left_.words()[region.left_begin].begin);
    return 1 + static_cast<std::uint64_t>(std::count(before.begin(), before.end(), delimiter));
  }

  Line left_;
  Line right_;
  std::vector<bool> kept_left_;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::uint64_t> line_hashes(const std::vector<std::string_view>& lines) {
  std::vector<std::uint64_t> hashes;
  hashes.reserve(lines.size());
  for (const std::string_view line : lines) hashes.push_back(std::hash<std::string_view>{}(line));
  return hashes;
}

// The character that divides every line into as many cells (RFC 4180); 0 when there is none.
char delimiter_of(const std::vector<std::string_view>& lines) {
  if (lines.size() < 2) return '\0';
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const auto cells = [&](std::string_view line) { return std::count(line.begin(), line.end(), delimiter); };
    const auto first = cells(lines.front());
    if (first > 0 && std::all_of(lines.begin(), lines.end(), [&](auto line) { return cells(line) == first; }))
      return delimiter;
  }
  return '\0';
}

void count_common(std::string_view line, SpanChanges& changes) {
  const std::size_t words = Line(line).words().size();
  changes.common_bytes += line.size() + 1;
  changes.common_words += words;
  changes.words += words;
}

// Contexts that no hash of words is meant for.
constexpr std::uint64_t kLinesCameOrWent = 1;
constexpr std::uint64_t kLinesMoved = 2;
constexpr std::uint64_t kColumnSeed = 0x9E3779B97F4A7C15U;

}  // namespace

std::optional<SpanChanges> compare_spans(std::string_view recorded, std::string_view replayed) {
  if (std::max(recorded.size(), replayed.size()) > kMaxSpannedBytes) return std::nullopt;
  const auto left = lines_of(recorded);
  const auto right = lines_of(replayed);
  const Alignment alignment = align(line_hashes(left), line_hashes(right));
  SpanChanges changes;
  std::vector<bool> equal(left.size(), true);
  for (const auto& [i, j] : alignment.changed) equal[i] = false;
  for (const std::uint32_t i : alignment.removed) equal[i] = false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (equal[i]) count_common(left[i], changes);
  }
  for (const std::uint32_t i : alignment.removed) changes.words += Line(left[i]).words().size();
  const char delimiter = delimiter_of(left) == delimiter_of(right) ? delimiter_of(left) : '\0';
  for (const auto& [i, j] : alignment.changed) {
    LineComparison(left[i], right[j]).run(kColumnSeed, delimiter, changes);
  }
  if (!alignment.removed.empty() || !alignment.inserted.empty()) changes.spans.push_back({{}, {}, kLinesCameOrWent, 0});
  if (!alignment.moved.empty()) changes.spans.push_back({{}, {}, kLinesMoved, 0});
  return changes;
}

}  // namespace tracerec::diff
