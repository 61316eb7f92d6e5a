// One direction of a connection that is not HTTP/1 as far as we can tell: its bytes, as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "record/trace_sink.h"

namespace tracerec::record {

// Gathers bytes into rows; the first 64 KiB are kept, the rest is counted. One thread.
class OpaqueStream {
 public:
  // Where the rows belong. `stored`: the connection's row is in the store.
  struct Origin {
    TraceSink& sink;
    schema::Connection& connection;
    bool& stored;
    bool from_client;
  };

  [[nodiscard]] bool active() const { return active_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }

  // From here on the direction is opaque. The first reason counts.
  void start(std::string_view reason);

  // It is HTTP/1 again. What was gathered must have been flushed.
  void stop() { active_ = false; }

  // `position`: of the first byte in its direction, relative to the first byte seen.
  void append(std::string_view bytes, std::uint64_t position, std::int64_t time_ns, const Origin& origin);

  // Stores what is gathered.
  void flush(const Origin& origin);

 private:
  void store_row(std::size_t bytes, const Origin& origin);

  bool active_ = false;
  std::string reason_;
  std::string bytes_;           // not yet stored
  std::uint64_t position_ = 0;  // of bytes_.front()
  std::uint64_t kept_bytes_ = 0;
  std::int64_t time_ns_ = 0;
  redact::LinesState lines_;
};

}  // namespace tracerec::record
