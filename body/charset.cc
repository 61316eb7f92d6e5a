#include "body/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "base/utf8.h"

namespace tracerec::body {
namespace {

// Names are looked up in the file system: what no charset is called does not get there.
constexpr std::size_t kLongestName = 40;
// No charset needs more than 3 bytes of UTF-8 for one of its own, save for a few that write two code points.
constexpr std::size_t kMostGrowth = 4;
constexpr std::size_t kPieceBytes = 16 << 10;
// Where browsers look for a declaration (WHATWG HTML §13.2.3.2).
constexpr std::size_t kDeclarationBytes = 1024;

constexpr std::string_view kWindows1252 = "WINDOWS-1252";

// Labels that mean more to browsers than to iconv (WHATWG Encoding §4.2).
constexpr std::array kMeant = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"iso-8859-1", kWindows1252},
    {"iso8859-1", kWindows1252},
    {"latin1", kWindows1252},
    {"us-ascii", kWindows1252},
    {"ascii", kWindows1252},
    {"windows-1252", kWindows1252},
    {"iso-8859-9", "WINDOWS-1254"},
    {"iso-8859-11", "WINDOWS-874"},
    {"tis-620", "WINDOWS-874"},
    {"gb2312", "GB18030"},
    {"gb_2312-80", "GB18030"},
    {"gbk", "GB18030"},
    {"x-gbk", "GB18030"},
    {"cp936", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"x-x-big5", "BIG5-HKSCS"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"windows-949", "CP949"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"windows-31j", "CP932"},
    {"ms_kanji", "CP932"},
    {"x-euc-jp", "EUC-JP"},
    {"utf-16", "UTF-16BE"},
});

std::string name_for_iconv(std::string_view charset) {
  const auto* const known =
      std::find_if(kMeant.begin(), kMeant.end(), [&](const auto& pair) { return pair.first == charset; });
  return std::string(known == kMeant.end() ? charset : known->second);
}

bool may_be_charset(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == ':' || c == '.' || c == '+';
  });
}

// An open conversion to UTF-8.
class Conversion {
 public:
  explicit Conversion(const std::string& charset) : handle_(::iconv_open("UTF-8", charset.c_str())) {}
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;
  ~Conversion() {
    if (is_open()) ::iconv_close(handle_);
  }

  [[nodiscard]] bool is_open() const { return reinterpret_cast<std::intptr_t>(handle_) != -1; }

  // Takes what it can off `rest` and appends it. 0, or why it stopped: EILSEQ, EINVAL (cut off), E2BIG (call again).
  int append(std::string_view& rest, std::string& out) {
    std::array<char, kPieceBytes> piece;
    char* to = piece.data();
    std::size_t room = piece.size();
    auto* from = const_cast<char*>(rest.data());  // iconv's signature; it does not write there
    std::size_t left = rest.size();
    const bool whole = ::iconv(handle_, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
    const int error = whole ? 0 : errno;
    rest.remove_prefix(rest.size() - left);
    out.append(piece.data(), piece.size() - room);
    return error;
  }

  // Appends the last character where one is kept back, because a mark might have followed it (windows-1255, TCVN).
  [[nodiscard]] bool finish(std::string& out) {
    std::array<char, 64> piece;
    char* to = piece.data();
    std::size_t room = piece.size();
    if (::iconv(handle_, nullptr, nullptr, &to, &room) == static_cast<std::size_t>(-1)) return false;
    out.append(piece.data(), piece.size() - room);
    return true;
  }

 private:
  iconv_t handle_;
};

// Nothing when the charset is not known, or something cannot be read: what cannot be read must not be dropped. Browsers
// read the five bytes that Windows-1252 does not define as C1 controls.
std::optional<std::string> converted(std::string_view text, const std::string& charset) {
  if (!may_be_charset(charset)) return std::nullopt;
  Conversion conversion(charset);
  if (!conversion.is_open()) return std::nullopt;
  const std::size_t limit = text.size() * kMostGrowth + kPieceBytes;
  std::string utf8;
  while (!text.empty() && utf8.size() <= limit) {
    const int error = conversion.append(text, utf8);
    if (error == 0 || error == E2BIG) continue;
    if (error != EILSEQ || charset != kWindows1252 || text.empty()) return std::nullopt;
    append_code_point(utf8, static_cast<unsigned char>(text.front()));
    text.remove_prefix(1);
  }
  if (utf8.size() > limit || !conversion.finish(utf8) || !is_utf8(utf8)) return std::nullopt;
  return utf8;
}

// In which case it is in no other charset: that of other bytes to be valid UTF-8 is next to nothing.
bool is_utf8_beyond_ascii(std::string_view text) {
  return !std::all_of(text.begin(), text.end(), is_ascii) && is_utf8(text);
}

}  // namespace

std::string declared_charset(std::string_view markup) {
  if (is_utf8(markup)) return {};
  const std::string head = to_lower(markup.substr(0, kDeclarationBytes));
  const std::string_view key = head.starts_with("<?xml") ? "encoding=" : "charset=";
  const std::size_t at = head.find(key);
  if (at == std::string::npos) return {};
  std::string_view rest = std::string_view(head).substr(at + key.size());
  if (rest.starts_with('"') || rest.starts_with('\'')) rest.remove_prefix(1);
  return std::string(rest.substr(0, rest.find_first_of("\"'/>; \t\r\n")));
}

std::string to_utf8(std::string_view text, std::string_view charset) {
  const bool little = text.starts_with("\xFF\xFE");
  const bool big = text.starts_with("\xFE\xFF");
  std::optional<std::string> utf8;
  if (little || big) {
    utf8 = converted(text.substr(2), little ? "UTF-16LE" : "UTF-16BE");
  } else if (charset != "utf-8" && !is_utf8_beyond_ascii(text)) {
    utf8 = converted(text, name_for_iconv(charset));
  }
  return utf8 && !utf8->empty() ? *utf8 : std::string(text);
}

}  // namespace tracerec::body
