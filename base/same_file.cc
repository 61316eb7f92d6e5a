#include "base/same_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "base/text.h"

// Tests: tests/e2e/output_file_test.cc.

namespace tracerec {

namespace fs = std::filesystem;

bool is_one_file(const std::string& one, const std::string& other) {
  struct stat a {};
  struct stat b {};
  const bool is_there = ::stat(one.c_str(), &a) == 0;
  if (is_there != (::stat(other.c_str(), &b) == 0)) return false;
  if (is_there) return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
  return where_it_leads(one) == where_it_leads(other);
}

std::string where_it_leads(const std::string& path) {
  constexpr int kMostLinks = 40;  // MAXSYMLINKS, include/linux/namei.h
  std::error_code error;
  fs::path at = path;
  for (int i = 0; i < kMostLinks && fs::is_symlink(fs::symlink_status(at, error)); ++i) {
    const fs::path to = fs::read_symlink(at, error);
    if (error) return path;
    at = at.parent_path() / to;  // an absolute one takes its place
  }
  const fs::path whole = fs::absolute(at, error);
  const fs::path folder = fs::weakly_canonical(whole.parent_path(), error);
  return error ? path : (folder / whole.filename()).string();
}

std::vector<std::string> trace_files(const std::string& db) {
  std::vector<std::string> all;
  for (const std::string& name : {db, where_it_leads(db)}) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) all.push_back(name + suffix);
  }
  return all;
}

Result<void> check_unused(const std::string& what, const std::string& path, const std::vector<std::string>& used) {
  for (const std::string& one : used) {
    if (!one.empty() && is_one_file(path, one))
      return Error{what + " would overwrite " + printable(one) + ", which this command uses: name another file"};
  }
  return {};
}

}  // namespace tracerec
