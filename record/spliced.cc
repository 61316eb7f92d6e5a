#include "record/spliced.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace tracerec::record {
namespace {

// Pipes are private to a server and few. More than this are of processes that have gone.
constexpr std::size_t kPipes = 4096;

std::uint32_t pages_of(const tr_file& file) {
  static const auto kPage = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return static_cast<std::uint32_t>((file.offset % kPage + file.bytes + kPage - 1) / kPage);
}

}  // namespace

void SplicedFiles::fill(const SentRange& range) {
  const std::uint32_t before = range.file.pipe_head - pages_of(range.file);
  if (pipes_.size() >= kPipes) pipes_.clear();
  Pipe& pipe = pipes_[range.file.pipe];
  if (range.file.pipe_tail == before) {
    pipe = {};  // it was empty
  } else if (pipe.ranges.empty() || pipe.head != before) {
    pipes_.erase(range.file.pipe);
    return;
  }
  pipe.head = range.file.pipe_head;
  pipe.bytes += range.file.bytes;
  pipe.ranges.push_back(range);
}

std::optional<std::deque<SentRange>> SplicedFiles::drain(const tr_file& taken) {
  const auto found = pipes_.find(taken.pipe);
  if (found == pipes_.end()) return std::nullopt;
  Pipe& pipe = found->second;
  const bool empties = pipe.bytes == taken.bytes;
  if (pipe.head != taken.pipe_head || pipe.bytes < taken.bytes || empties != (taken.pipe_tail == taken.pipe_head)) {
    pipes_.erase(found);
    return std::nullopt;
  }
  pipe.bytes -= taken.bytes;
  std::deque<SentRange> ranges;
  for (std::uint64_t left = taken.bytes; left > 0;) {
    SentRange& front = pipe.ranges.front();
    SentRange part = front;
    part.file.bytes = std::min<std::uint64_t>(left, front.file.bytes);
    left -= part.file.bytes;
    front.file.offset += part.file.bytes;
    front.file.bytes -= part.file.bytes;
    if (front.file.bytes == 0) pipe.ranges.pop_front();
    ranges.push_back(std::move(part));
  }
  return ranges;
}

}  // namespace tracerec::record
