#include "diff/url_shape.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "diff/id_segment.h"

namespace tracerec::diff {
namespace {

constexpr std::size_t kTokenBytes = 6;        // as long as this, and with a digit: not the name of a version
constexpr std::size_t kLongBytes = 8;         // as long as a date
constexpr std::size_t kMaxVariedValues = 32;  // of one location

using Parameter = std::pair<std::string_view, std::string_view>;

struct Url {
  std::string_view origin;  // scheme and authority (RFC 3986 §3), or nothing
  std::vector<std::string_view> segments;
  std::vector<Parameter> query;  // sorted by name
  std::string_view fragment;
};

std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const std::string_view part = rest.substr(0, rest.find_first_of(ends));
  rest.remove_prefix(part.size());
  return part;
}

std::string_view take_origin(std::string_view& rest) {
  const std::string_view whole = rest;
  const std::size_t slashes =
      rest.starts_with('/') && !rest.starts_with("//") ? std::string_view::npos : rest.find("//");
  if (slashes == std::string_view::npos || slashes > rest.find_first_of("?#")) return {};
  rest.remove_prefix(slashes + 2);
  take_until(rest, "/?#");
  return whole.substr(0, whole.size() - rest.size());
}

Url parse(std::string_view text) {
  Url url;
  url.origin = take_origin(text);
  while (text.starts_with('/')) {
    text.remove_prefix(1);
    url.segments.push_back(take_until(text, "/?#"));
  }
  if (text.starts_with('?')) {
    text.remove_prefix(1);
    std::string_view query = take_until(text, "#");
    while (!query.empty()) {
      const std::string_view field = query.substr(0, query.find('&'));
      query.remove_prefix(std::min(field.size() + 1, query.size()));
      const std::size_t equals = std::min(field.find('='), field.size());
      url.query.emplace_back(field.substr(0, equals), field.substr(std::min(equals + 1, field.size())));
    }
    std::stable_sort(url.query.begin(), url.query.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  url.fragment = text;
  return url;
}

bool has_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_digit);
}

bool same_names(const std::vector<Parameter>& a, const std::vector<Parameter>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Parameter& x, const Parameter& y) { return x.first == y.first; });
}

// The words of "report-2024-01-31.pdf", with a separator after each. Of a token, whose letters and digits are mixed,
// only what may be the ending of a file name.
std::string words_of(std::string_view part) {
  std::string words;
  bool mixed = false;
  std::string_view rest = part;
  while (!rest.empty()) {
    const std::string_view piece = take_until(rest, "-_.~,;:");
    const bool letters = std::all_of(piece.begin(), piece.end(), is_letter);
    mixed = mixed || (!letters && !std::all_of(piece.begin(), piece.end(), is_digit));
    if (letters && !piece.empty()) words.append(piece) += ' ';
    if (!rest.empty()) rest.remove_prefix(1);
  }
  if (!mixed) return words;
  constexpr std::size_t kLongestEnding = 5;
  const std::size_t dot = part.rfind('.');
  const std::string_view ending = dot == std::string_view::npos ? std::string_view{} : part.substr(dot + 1);
  const bool is_ending = ending.size() <= kLongestEnding && std::all_of(ending.begin(), ending.end(), is_letter);
  return is_ending ? std::string(ending) : std::string{};
}

bool is_token(std::string_view part) {
  return part.size() >= kTokenBytes && has_digit(part);
}

// Letters and digits as a machine draws them: with digits, or capitals inside.
bool looks_drawn(std::string_view part) {
  const bool capital = std::any_of(part.begin() + 1, part.end(), is_upper);
  return has_digit(part) || (capital && !std::all_of(part.begin(), part.end(), is_upper));
}

// Two tokens of one length, of which one may have come without digits by chance.
bool is_drawn_like(std::string_view a, std::string_view b) {
  const auto plain = [](std::string_view part) { return std::all_of(part.begin(), part.end(), is_letter_or_digit); };
  return a.size() == b.size() && a.size() >= kTokenBytes && plain(a) && plain(b) && (looks_drawn(a) || looks_drawn(b));
}

// `varied`: another value was seen in this place.
bool may_become(std::string_view recorded, std::string_view replayed, bool varied) {
  if (recorded == replayed) return true;
  // A short number that did not vary is not a date or an id that happened to be equal.
  const bool is_long = recorded.size() >= kLongBytes && replayed.size() >= kLongBytes;
  if (is_id_segment(recorded) && is_id_segment(replayed)) return varied || is_long;
  if (varied && is_drawn_like(recorded, replayed)) return true;
  if (!has_digit(recorded) || !has_digit(replayed) || words_of(recorded) != words_of(replayed)) return false;
  return varied || (is_token(recorded) && is_token(replayed));
}

std::uint64_t bit(std::size_t position) {
  return position < 64 ? std::uint64_t{1} << position : 0;
}

}  // namespace

std::string url_skeleton(std::string_view url) {
  std::string skeleton;
  while (!url.empty()) {
    const std::size_t end = std::min(url.find_first_of("/?&=#"), url.size());
    const std::string_view part = url.substr(0, end);
    skeleton += is_id_segment(part) ? std::string_view("{id}") : part;
    if (end < url.size()) skeleton += url[end];
    url.remove_prefix(std::min(end + 1, url.size()));
  }
  return skeleton;
}

void UrlShape::learn(std::string_view a, std::string_view b) {
  const Url left = parse(a);
  const Url right = parse(b);
  origin_varied_ = origin_varied_ || left.origin != right.origin;
  path_length_varied_ = path_length_varied_ || left.segments.size() != right.segments.size();
  for (std::size_t i = 0; i < std::min(left.segments.size(), right.segments.size()); ++i) {
    if (left.segments[i] == right.segments[i]) continue;
    varied_segments_ |= bit(i);
    path_words_varied_ = path_words_varied_ || !may_become(left.segments[i], right.segments[i], true);
  }
  names_varied_ = names_varied_ || !same_names(left.query, right.query);
  if (names_varied_) return;
  for (std::size_t i = 0; i < left.query.size(); ++i) {
    if (left.query[i].second == right.query[i].second) continue;
    query_words_varied_ = query_words_varied_ || !may_become(left.query[i].second, right.query[i].second, true);
    if (varied_values_.size() < kMaxVariedValues) varied_values_.emplace_back(left.query[i].first);
  }
}

std::optional<std::string> UrlShape::stranger_violation(std::string_view recorded, std::string_view replayed) const {
  const Url before = parse(recorded);
  const Url after = parse(replayed);
  const std::size_t segments = std::min(before.segments.size(), after.segments.size());
  for (std::size_t i = 0; i < segments && !path_length_varied_; ++i) {
    const bool varied = i >= 64 || (varied_segments_ & bit(i)) != 0;
    if (!varied && before.segments[i] != after.segments[i]) return "is a URL with another path than the recorded one";
  }
  if (names_varied_ || !same_names(before.query, after.query)) return std::nullopt;
  for (std::size_t i = 0; i < before.query.size(); ++i) {
    const auto& [name, value] = before.query[i];
    const bool varied = varied_values_.size() >= kMaxVariedValues ||
                        std::find(varied_values_.begin(), varied_values_.end(), name) != varied_values_.end();
    if (!varied && value != after.query[i].second) return "is a URL with another value of a parameter";
  }
  return std::nullopt;
}

std::optional<std::string> UrlShape::violation(std::string_view recorded, std::string_view replayed) const {
  const Url before = parse(recorded);
  const Url after = parse(replayed);
  if (!origin_varied_ && before.origin != after.origin) return "is a URL of another scheme or host";
  if (!path_length_varied_ && !path_words_varied_) {
    if (before.segments.size() != after.segments.size()) return "is a URL with a longer or shorter path";
    for (std::size_t i = 0; i < before.segments.size(); ++i) {
      if (!may_become(before.segments[i], after.segments[i], (varied_segments_ & bit(i)) != 0))
        return "is a URL with another path, apart from what varies";
    }
  }
  if (names_varied_) return std::nullopt;
  if (!same_names(before.query, after.query)) return "is a URL with other parameters";
  for (std::size_t i = 0; i < before.query.size() && !query_words_varied_; ++i) {
    const auto& [name, value] = before.query[i];
    const bool varied = std::find(varied_values_.begin(), varied_values_.end(), name) != varied_values_.end();
    if (!may_become(value, after.query[i].second, varied)) return "is a URL with another value of a parameter";
  }
  return std::nullopt;
}

}  // namespace tracerec::diff
