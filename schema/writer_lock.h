// One process at a time writes a trace file. Internal to schema/.
#pragma once

#include <string>

#include "base/error.h"

namespace tracerec::schema {

// Holds an exclusive flock(2) on the file for its life. Move-only.
//
// The descriptor is never closed, only unlocked: closing any descriptor of a file drops the POSIX locks that SQLite
// holds on it for this whole process (a Reader, say). That is one descriptor for each writer that a process opens.
class WriterLock {
 public:
  // Opens the file, or creates it with mode 0600 whatever the umask, and takes the lock before anything is changed.
  // Errors: no permission, not a regular file, not a database, somebody else's database, another writer.
  [[nodiscard]] static Result<WriterLock> acquire(const std::string& path);

  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&&) = delete;
  WriterLock(const WriterLock&) = delete;
  ~WriterLock();

  // True: acquire made the file.
  [[nodiscard]] bool created() const { return created_; }

  // True: no name leads to the file any more, so that what is written goes nowhere.
  [[nodiscard]] bool was_deleted() const;

  // From now on the log has an index that readers may use.
  void announce() const;

  // True: somebody reads the file without its log (private_reading.h), so that the log must not be moved into it.
  [[nodiscard]] bool is_read_privately() const;

  // Until end_packing, readers keep the snapshot that they begin with (private_reading.h). False: one follows, and
  // nothing may be put aside.
  [[nodiscard]] bool begin_packing() const;
  void end_packing() const;

  // Deletes the file again if acquire made it: opening failed later on.
  void undo(const std::string& path);

 private:
  WriterLock(int fd, bool created) : fd_(fd), created_(created) {}

  int fd_ = -1;
  bool created_ = false;
};

}  // namespace tracerec::schema
