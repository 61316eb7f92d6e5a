// What a shell needs to complete command lines, made of the command line.
#pragma once

#include <string>

#include "cli/command_text.h"

namespace tracerec::cli {

// Scripts for the completion systems of bash (without the package bash-completion), zsh and fish. They complete
// commands, options, the values of options that have a set of them, and files where an option takes one.
[[nodiscard]] std::string bash_completion(const CommandText& program);
[[nodiscard]] std::string zsh_completion(const CommandText& program);
[[nodiscard]] std::string fish_completion(const CommandText& program);

}  // namespace tracerec::cli
