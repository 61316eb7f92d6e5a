// The bytes that sendfile(2) took from files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "bpf/wire.h"
#include "record/event_source.h"
#include "record/helper_thread.h"

namespace tracerec::record {

// A range of a file, as the kernel side tells of it (TR_FILE).
struct SentRange {
  tr_file file{};
  std::uint32_t tgid = 0;
  std::int64_t sent_unix_ns = 0;
  std::string path;  // absolute, as process tgid sees it; empty when it is not known

  // Reads what follows the header of a TR_FILE. False: it is damaged.
  [[nodiscard]] static bool parse(std::string_view payload, SentRange& range);
};

// Fetches such ranges. A file is taken for the one that was sent only when file system, inode number, size,
// modification and change time are what they were at that moment, before and after reading. So nothing is read that the
// process has not read itself, whatever it puts into the place of a descriptor or a path; and nothing of file systems
// whose owner can forge all of that (is_trusted). Times are kept by the clock tick, so that one that was changed just
// before it was sent proves nothing and is refused. Not seen by this: a page of the file that another process has
// mapped for writing and had written to before already (the times move when a page is first dirtied). A file without a
// name, whose times move with each append, is watched by the source instead (EventSource::was_overwritten).
//
// One thread. Keeps a few files open, so that the next range of a file without a name can still be had.
class SentFiles {
 public:
  // The source watches files without a name.
  explicit SentFiles(EventSource& source) : source_(source) {}

  // Hands the bytes to `take`, in order and in pieces, and returns how many: all of them, or those before the point
  // where the file could not be had or was another one than before.
  std::uint64_t read(const SentRange& range, const std::function<void(std::string_view)>& take);

  // Closes what was not used for a second, but for a file without a name that its process still has open.
  void close_idle(std::int64_t now_ns);

 private:
  struct Open {
    tr_unnamed file{};
    std::uint64_t ctime_ns = 0;  // 0: it has no name
    std::uint64_t used = 0;
    UniqueFd fd;
  };

  [[nodiscard]] int find(const SentRange& range);
  [[nodiscard]] int find_named(const SentRange& range);
  [[nodiscard]] int find_unnamed(const SentRange& range);
  [[nodiscard]] int keep(const SentRange& range, UniqueFd fd);
  [[nodiscard]] bool is_still_there(int fd, const SentRange& range) const;

  EventSource& source_;
  HelperThread helper_;
  std::vector<Open> open_;
  std::string buffer_;
  std::uint64_t uses_ = 0;
  std::uint64_t uses_before_ = 0;
  std::int64_t looked_ns_ = 0;
};

}  // namespace tracerec::record
