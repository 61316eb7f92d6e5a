// Whether a trace file takes runs, before anything is tried. Changes nothing.
#pragma once

#include <optional>
#include <string>

namespace tracerec::schema {

// Why this process cannot write the file now, as the end of a sentence that begins with its name: "is on a read-only
// file system". A file without any write permission is meant to stay as it is, also by root, who could. Nothing: it
// can, or what is wrong is something else, which opening it will say (it is not there, say).
[[nodiscard]] std::optional<std::string> why_not_writable(const std::string& path);

// Another process, or this one, has it open for writing. Closes a descriptor of the file: call it while this process
// has no reader or writer of it, whose locks that drops (fcntl(2), Record locks). So does why_not_writable().
[[nodiscard]] bool is_being_written(const std::string& path);

}  // namespace tracerec::schema
