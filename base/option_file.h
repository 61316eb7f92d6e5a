// Files that somebody names in an option or in place of one: rules, logins, keys, certificates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"

namespace tracerec {

enum class Pipes : std::uint8_t {
  kRefuse,
  kOfThisProcess  // `<(command)` and `command | tracerec … /dev/stdin`: keeps secrets off the disk
};

// The whole file. It must be a regular file, or with kOfThisProcess a pipe by the name of a descriptor of this process
// (/dev/stdin, /dev/fd/N). Opening waits for nobody and changes no device. A pipe is read to its end, which comes when
// its writers close it; a signal that has a handler ends the wait with an error. Links are followed. Error, one line
// without the path: a named pipe, a device, a socket or a folder, or a file of the kernel that
// waits for more (/proc/kmsg); what open(2) or read(2) said; longer than
// `max_bytes`. Any thread.
[[nodiscard]] Result<std::string> read_option_file(const std::string& path, std::size_t max_bytes,
                                                   Pipes pipes = Pipes::kOfThisProcess);

// The descriptor that such a name means: /dev/stdin, /dev/stdout, /dev/stderr, /dev/fd/N, /proc/self/fd/N.
[[nodiscard]] std::optional<int> descriptor_named_by(const std::string& path);

}  // namespace tracerec
