// Starting the command that `tracerec record -- COMMAND` is to record.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/owner.h"
#include "base/unique_fd.h"

namespace tracerec::cli {

// A child process that exists already but waits before its exec, so that recording can begin before its first
// instruction.
class Child {
 public:
  // `user`: whom it shall run as, with all his groups, and HOME, USER and LOGNAME of his own (HOME=/ and no names where
  // he has no entry); none: as who is running this. It keeps the limits, capabilities and everything else that holds
  // now. Errors: fork failed.
  [[nodiscard]] static Result<Child> prepare(const std::vector<std::string>& command,
                                             const std::optional<UserIds>& user = std::nullopt);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;

  // Ends the child when it still runs, by SIGTERM and five seconds later by SIGKILL, and waits for it.
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }

  // How it ended: its exit code, or 128 and the number of the signal that killed it, as shells have it. Nothing when it
  // still runs after `wait_ms`.
  [[nodiscard]] std::optional<int> exit_code(int wait_ms);

  // Lets it exec. Error: the command could not be started; it is gone then.
  [[nodiscard]] Result<void> start();

 private:
  Child() = default;
  [[nodiscard]] bool wait(int wait_ms) const;  // false: it still runs

  std::string name_;
  pid_t pid_ = -1;
  UniqueFd go_;      // closed or written: the child goes on
  UniqueFd failed_;  // the child's errno when exec fails; end of file when it worked
};

}  // namespace tracerec::cli
