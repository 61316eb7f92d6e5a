// One at a time reads, changes and replaces a file.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"
#include "base/unique_fd.h"

namespace tracerec {

// While it lives, nobody else who takes it edits `file`, which need not be there: a lock (flock(2)) on its folder,
// since a file that is replaced takes no lock with it. Error: another one holds it for ten seconds, or the folder
// cannot be opened. Gone with the process. Any thread.
class EditLock {
 public:
  [[nodiscard]] static Result<EditLock> take(const std::string& file);

 private:
  explicit EditLock(UniqueFd folder) : folder_(std::move(folder)) {}
  UniqueFd folder_;
};

}  // namespace tracerec
