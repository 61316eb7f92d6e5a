// What became of the bytes that came out of the ring, counted where it is decided.
#pragma once

#include <array>
#include <cstdint>

namespace tracerec::record {

// Why bytes that came out of the ring are not stored. Ledger keys: skip_key().
enum class Skip {
  kNone,
  kOutgoing,     // a call that the process makes to others
  kUnsynced,     // before the first clean boundary, or after a hole until the next one
  kDuplicate,    // positions that were seen before
  kFiltered,     // --include, --exclude, --port
  kLimit,        // beyond --max-exchanges
  kMaxBody,      // of a body, beyond --max-body
  kOpaqueLimit,  // beyond what is kept of a stream that is not HTTP/1
  kWithheld,     // could hold a secret that cannot be replaced for certain
  kCiphertext,   // of connections whose plaintext is recorded
  kQueueFull,    // the store was too slow
  kWriteError,   // the disk refused
  kCount
};

// "skipped.outgoing", … and "lost.queue_full", … for what was wanted.
[[nodiscard]] const char* skip_key(Skip reason);

struct SinkCounts {
  struct Pair {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;

    void add(std::uint64_t more) {
      ++count;
      bytes += more;
    }
  };
  // Exchanges, and the ids of the first ones.
  struct Named {
    std::uint64_t count = 0;
    std::array<std::int64_t, 3> first{};

    void add(std::int64_t id) {
      if (count < first.size()) first[count] = id;
      ++count;
    }
  };
  Pair stored;      // exchanges, complete or not
  Pair incomplete;  // those of `stored` that are not complete
  Pair open_ended;  // those that are the beginning of a stream of events; not among the incomplete ones
  Named spliced;    // and those of which splice moved bytes past every buffer
  Pair opaque;      // rows of streams that are not HTTP/1
  Pair redacted;    // values that were replaced in what is stored
  // Messages whose body was encoded again after a secret in it was replaced: what they were, and what is stored.
  Pair reencoded_before;
  Pair reencoded_after;
  std::array<Pair, static_cast<std::size_t>(Skip::kCount)> skipped;
  std::uint64_t http2 = 0;           // connections that speak HTTP/2
  std::uint64_t not_http = 0;        // that speak neither HTTP nor TLS
  std::uint64_t no_request = 0;      // that were open before and carried no request
  std::uint64_t unseen_request = 0;  // of which a request was read by splice, or past every hook
  std::uint64_t under_way = 0;       // exchanges that had begun before the recorder came: the first of a connection
  std::uint64_t unread_bytes = 0;    // of streams that are not HTTP/1, but for upgraded ones
  std::uint64_t gap_bytes = 0;       // missing by position

  void skip(Skip reason, std::uint64_t bytes, std::uint64_t count);
};

}  // namespace tracerec::record
