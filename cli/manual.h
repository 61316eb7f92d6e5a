// Manual pages, as man(7) text, made of the command line.
#pragma once

#include <string>
#include <vector>

#include "cli/command_text.h"

namespace tracerec::cli {

struct ManualPage {
  std::string file;  // "tracerec-record.1"
  std::string text;
};

// One for the program and one for each of its commands. `version` is that of the program.
[[nodiscard]] std::vector<ManualPage> manual_pages(const CommandText& program, const std::string& version);

}  // namespace tracerec::cli
