// Text in other charsets than UTF-8, by iconv of the C library. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace tracerec::body {

// `text` as UTF-8. A byte order mark of UTF-16 says more than `charset`, a label in lower case as it stands in a
// Content-Type; labels mean what they mean to browsers (WHATWG Encoding §4.2: ISO-8859-1 is Windows-1252), but UTF-16
// without a mark is big endian (RFC 2781 §4.3). As it is
// when the charset is not known, when the text is not valid in it, and when it is UTF-8 in spite of its label.
[[nodiscard]] std::string to_utf8(std::string_view text, std::string_view charset);

// The charset that markup declares about itself within its first 1,024 bytes, lower case: `<?xml … encoding="…"?>`,
// `<meta charset=…>` or `<meta … content="…; charset=…">`. Empty when it declares none, or is valid UTF-8 anyway.
[[nodiscard]] std::string declared_charset(std::string_view markup);

}  // namespace tracerec::body
