// May this file be opened at all? Files come from elsewhere, and root opens them. Internal to schema/.
#pragma once

#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace tracerec::schema {

enum class Use { kRead, kWrite };

// Looks at the open file `fd` by fstat(2), at its folder, and at what lies beside it under the names of SQLite
// (https://www.sqlite.org/tempfiles.html). Changes nothing. Errors, one line each:
// - not a regular file;
// - for root: file or folder belong to neither root nor the user who called sudo;
// - for root, and for whoever writes: the file may be written by its group or by others;
// - for another user who writes: the file is not his;
// - the folder may be written by everybody and has no sticky bit (others could exchange the file);
// - a rollback journal beside it: ours never have one, and rolling one back writes to the file and deletes another;
// - a log or index that is a link, somebody else's, or open to more writers than the file.
[[nodiscard]] Result<void> check_file(const std::string& path, int fd, Use use);

// Opens for reading, and not through a symbolic link, which somebody else could turn to another file.
[[nodiscard]] Result<UniqueFd> open_for_reading(const std::string& path);

// What open(2) with O_NOFOLLOW said, as one line.
[[nodiscard]] Error open_error(const std::string& path, int error, const char* doing);

// Whether something has the name.
[[nodiscard]] bool exists(const std::string& path);

}  // namespace tracerec::schema
