#include "cli/child.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "base/open_files.h"
#include "base/text.h"

namespace tracerec::cli {
namespace {

// Between the request to end and the end by force.
constexpr int kEndMs = 5'000;

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error{"cannot make a pipe: " + std::generic_category().message(errno)};
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// A user as he logs in. Read before fork: the functions that look users up are not for after it.
struct Login {
  UserIds ids;
  std::string name, home;  // empty: there is no entry for him
};

Login login_of(const UserIds& ids) {
  Login login{ids, {}, {}};
  const passwd* entry = ::getpwuid(ids.user);  // one thread
  if (entry != nullptr) login = {ids, entry->pw_name, entry->pw_dir};
  return login;
}

// False with errno set.
bool become(const Login& login) {
  const gid_t group = login.ids.group;
  const bool has_groups =
      login.name.empty() ? ::setgroups(1, &group) == 0 : ::initgroups(login.name.c_str(), group) == 0;
  if (!has_groups || ::setresgid(group, group, group) != 0) return false;
  if (::setresuid(login.ids.user, login.ids.user, login.ids.user) != 0) return false;
  if (login.name.empty()) {  // root's are not for him
    ::setenv("HOME", "/", 1);
    ::unsetenv("USER");
    ::unsetenv("LOGNAME");
    return true;
  }
  ::setenv("HOME", login.home.c_str(), 1);
  ::setenv("USER", login.name.c_str(), 1);
  ::setenv("LOGNAME", login.name.c_str(), 1);
  return true;
}

[[noreturn]] void give_up(int failed) {
  const int error = errno;
  if (::write(failed, &error, sizeof error) < 0) ::_exit(126);
  ::_exit(127);
}

[[noreturn]] void run_child(std::vector<std::string> command, const std::optional<Login>& login, int go, int failed) {
  char byte = 0;
  if (::read(go, &byte, 1) != 1) ::_exit(127);  // the recorder gave up
  if (login && !become(*login)) give_up(failed);
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  restore_open_files_limit();
  ::execvp(arguments[0], arguments.data());
  give_up(failed);
}

}  // namespace

Child::Child(Child&& other) noexcept
    : name_(std::move(other.name_)),
      pid_(std::exchange(other.pid_, -1)),
      go_(std::move(other.go_)),
      failed_(std::move(other.failed_)) {}

Result<Child> Child::prepare(const std::vector<std::string>& command, const std::optional<UserIds>& user) {
  std::optional<Login> login;
  if (user) login = login_of(*user);
  auto go = make_pipe();
  if (!go) return go.error();
  auto failed = make_pipe();
  if (!failed) return failed.error();
  const pid_t pid = ::fork();
  if (pid < 0) {
    return Error{"cannot start " + command[0] + ": " + std::generic_category().message(errno) +
                 (errno == EAGAIN ? "; raise the limit of processes (ulimit -u, pids.max)" : "")};
  }
  if (pid == 0) {
    go->write.reset();
    run_child(command, login, go->read.get(), failed->write.get());
  }
  Child child;
  child.name_ = command[0];
  child.pid_ = pid;
  child.go_ = std::move(go->write);
  child.failed_ = std::move(failed->read);
  return child;
}

Result<void> Child::start() {
  const char byte = 1;
  int error = 0;
  if (::write(go_.get(), &byte, 1) != 1) error = errno;
  go_.reset();
  if (error == 0 && ::read(failed_.get(), &error, sizeof error) <= 0) return {};
  return Error{"cannot start " + name_ + ": " + std::generic_category().message(error)};
}

bool Child::wait(int wait_ms) const {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd end{process.get(), POLLIN, 0};
  return !process.valid() || ::poll(&end, 1, wait_ms) != 0;
}

std::optional<int> Child::exit_code(int wait_ms) {
  int status = 0;
  if (pid_ >= 0) (void)wait(wait_ms);
  if (pid_ < 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  constexpr int kSignalled = 128;
  return WIFSIGNALED(status) ? kSignalled + WTERMSIG(status) : WEXITSTATUS(status);
}

Child::~Child() {
  if (pid_ < 0) return;
  go_.reset();
  if (::waitpid(pid_, nullptr, WNOHANG) == pid_) return;
  ::kill(pid_, SIGTERM);
  if (!wait(kEndMs)) {
    std::fprintf(stderr, "%s (pid %d) did not end within %d s of SIGTERM and is killed\n", printable(name_, 80).c_str(),
                 pid_, kEndMs / 1000);
    ::kill(pid_, SIGKILL);
  }
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace tracerec::cli
