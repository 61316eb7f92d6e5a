// What a program built by Go says about itself, also when its symbols were stripped (-ldflags "-s -w").
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "record/tls/elf_image.h"

namespace tracerec::record {

// "go1.22.3"; none when the file was not built by Go.
[[nodiscard]] std::optional<std::string> go_version(ElfImage& image);

// Go passes arguments in registers since 1.17 on amd64 and 1.18 on arm64 (release notes); before, nothing is known
// here.
[[nodiscard]] bool go_passes_registers(std::string_view version, bool arm64);

// Functions by their full Go names, "crypto/tls.(*Conn).Read": from the symbols, or else from the table that the
// runtime needs for tracebacks, which is always there (debug/gosym reads it too). `bytes` may include padding then.
[[nodiscard]] ElfImage::Functions go_functions(ElfImage& image, const std::set<std::string_view>& names);

}  // namespace tracerec::record
