// The files of page/, inside the program (cmake/EmbedFile.cmake).
#pragma once

#include <string_view>
#include <vector>

namespace tracerec::ui {

struct EmbeddedFile {
  std::string_view name;  // "index.html"
  std::string_view text;
};

extern const std::vector<EmbeddedFile> kPageFiles;

}  // namespace tracerec::ui
