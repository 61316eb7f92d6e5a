// What splice(2) moved from files into pipes, and from there to sockets.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>

#include "record/sent_file.h"

namespace tracerec::record {

// Remembers which ranges of which files stand in a pipe. The kernel counts the buffers that were ever put into a pipe
// and taken out of it, and a splice from a file takes one buffer for each page: as long as these counts fit, nobody
// else has written to the pipe or read from it. When they do not, nothing is known about what it holds until it is
// empty again. One thread.
class SplicedFiles {
 public:
  // A splice into a pipe (TR_TO_PIPE).
  void fill(const SentRange& range);

  // The ranges that make up the bytes which a splice took out of a pipe (TR_FROM_PIPE), in order; nothing when that is
  // not certain.
  [[nodiscard]] std::optional<std::deque<SentRange>> drain(const tr_file& taken);

 private:
  struct Pipe {
    std::deque<SentRange> ranges;
    std::uint64_t bytes = 0;
    std::uint32_t head = 0;
  };

  std::unordered_map<std::uint64_t, Pipe> pipes_;  // those whose content is known
};

}  // namespace tracerec::record
