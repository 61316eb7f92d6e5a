#include "record/sink_counts.h"

namespace tracerec::record {

const char* skip_key(Skip reason) {
  switch (reason) {
    case Skip::kOutgoing:
      return "skipped.outgoing";
    case Skip::kUnsynced:
      return "skipped.unsynced";
    case Skip::kDuplicate:
      return "skipped.duplicate";
    case Skip::kFiltered:
      return "skipped.filtered";
    case Skip::kLimit:
      return "skipped.limit";
    case Skip::kMaxBody:
      return "skipped.max_body";
    case Skip::kOpaqueLimit:
      return "skipped.opaque_limit";
    case Skip::kWithheld:
      return "skipped.withheld";
    case Skip::kCiphertext:
      return "skipped.ciphertext";
    case Skip::kQueueFull:
      return "lost.queue_full";
    case Skip::kWriteError:
      return "lost.write_error";
    case Skip::kNone:
    case Skip::kCount:
      break;
  }
  return "skipped.none";
}

void SinkCounts::skip(Skip reason, std::uint64_t bytes, std::uint64_t count) {
  Pair& pair = skipped[static_cast<std::size_t>(reason)];
  pair.count += count;
  pair.bytes += bytes;
}

}  // namespace tracerec::record
