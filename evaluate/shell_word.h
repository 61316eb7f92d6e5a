// Any bytes as text that a POSIX shell reads back as those bytes. Pure.
#pragma once

#include <string>
#include <string_view>

namespace tracerec::evaluate {

// `text` as one word for any POSIX shell (POSIX.1-2017, Shell Command Language §2.2): 'text', with a quote as '\''.
// Nothing in it is expanded. Control bytes, bytes that are not UTF-8, and letters that could deceive a terminal come
// from printf ("$(printf '\033')"), so that the command can be shown and pasted. NUL, which no argument of a program
// can hold, is left out.
[[nodiscard]] std::string shell_quote(std::string_view text);

// A command that writes exactly `bytes` to its standard output, NUL included: printf '…' with the escapes that POSIX
// knows. One line, whatever is in `bytes`. printf is built into the shells, so that its argument may have any length.
[[nodiscard]] std::string printf_command(std::string_view bytes);

// Whether shell_quote() gives `text` as it is, in one line and without printf.
[[nodiscard]] bool is_plain_word(std::string_view text);

}  // namespace tracerec::evaluate
