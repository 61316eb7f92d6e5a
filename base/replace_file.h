// Files that are replaced as a whole.
#pragma once

#include <string>

#include "base/error.h"

namespace tracerec {

// The file `name` is `text` afterwards, or is as it was: nobody reads half of it. Mode and owner stay; a new file gets
// those of the umask and of who called sudo. Of a link, what it leads to is replaced. Error: one line that names the
// file. One thread at a time: it asks for the umask of the process.
[[nodiscard]] Result<void> replace_file(const std::string& name, const std::string& text);

}  // namespace tracerec
