// A trace file that gets its name when it is complete.
#pragma once

#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace tracerec::cli {

// Says to other commands that the file is in use, for as long as `fd` is open. False: somebody else uses it.
[[nodiscard]] bool claim_file(int fd);

// Until keep() the file is called `to` with ".part" at its end; the destructor removes what was not kept. One thread.
class NewFile {
 public:
  explicit NewFile(const std::string& to) : to_(to), path_(to + ".part") {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  // Makes it, empty, with mode 0600. What a killed command left under that name is removed when nobody holds it.
  // Errors: `to` is there, or what SQLite has beside it; somebody else's file has the name.
  [[nodiscard]] Result<void> make();

  // Gives it its name; it must be closed. Error: somebody made a file of that name meanwhile.
  [[nodiscard]] Result<void> keep();

  // Where to write it.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  int create();  // 0, or what open(2) said
  [[nodiscard]] bool remove_abandoned() const;
  void remove_all() const;
  void remove_logs() const;

  const std::string to_;
  const std::string path_;
  UniqueFd fd_;
  bool made_ = false;
};

}  // namespace tracerec::cli
