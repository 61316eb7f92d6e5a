// Where events come from: the door between the kernel and the recorder.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/error.h"
#include "base/unique_fd.h"
#include "bpf/wire.h"

namespace tracerec::record {

// One record of the ring. Views are valid during the call only.
struct Event {
  const tr_event& header;
  std::string_view payload;  // header.length bytes for TR_DATA and TR_FILE, else empty
  std::string_view note{};   // for the exchange that the bytes belong to
};

// How many bytes stand after a header.
[[nodiscard]] inline std::size_t payload_bytes(const tr_event& header) {
  return header.kind == TR_DATA || header.kind == TR_FILE ? header.length : 0;
}

using EventHandler = std::function<void(const Event&)>;

// The kernel's counts, summed over its processors. The invariant is in bpf/wire.h.
using SourceCounters = tr_counters;

// What becomes of the TLS connections of a process.
enum class TlsReading {
  kOff,        // nothing: it was not asked for
  kNoLibrary,  // nothing: no TLS library that is known was found in it
  kPlaintext,  // events with TR_TLS carry what is inside
};

class EventSource {
 public:
  virtual ~EventSource() = default;

  // Waits up to `timeout_ms` for events, then hands all that are there to `handle`, oldest first, on the calling
  // thread. The number handed over may be 0. Error: the source is broken and will stay so.
  [[nodiscard]] virtual Result<std::size_t> poll(int timeout_ms, const EventHandler& handle) = 0;

  // True when no recorded process is left and no event can come any more.
  [[nodiscard]] virtual bool exhausted() const = 0;

  [[nodiscard]] virtual TlsReading tls_of(std::uint32_t /*tgid*/) { return TlsReading::kOff; }

  // What this socket still carries is of no use: it need not be sent any more.
  virtual void mute(std::uint64_t /*socket*/, std::uint64_t /*inode*/) {}

  // Something was moved by a way that only system calls tell of: they are to be watched from now on.
  virtual void watch_calls() {}

  // This connection is not wanted: its bytes need not be sent any more, they are counted.
  virtual void pass_over(std::uint64_t /*socket*/, std::uint64_t /*inode*/) {}

  // A recorded process other than `tgid`, which has ended, has this socket open.
  [[nodiscard]] virtual bool is_open_elsewhere(std::uint32_t /*tgid*/, std::uint64_t /*inode*/) const { return false; }

  // The reader may pause: what comes meanwhile finds room. False: it will soon be lost, or it is not known.
  [[nodiscard]] virtual bool has_room() const { return false; }

  // No new events from here on; those in the buffer can still be polled. Makes counters() final.
  virtual void detach() = 0;

  [[nodiscard]] virtual SourceCounters counters() const = 0;

  // A recorded process has written to this file without a name below the end of what was sent of it (TR_FILE): what
  // stands there now need not be what was sent.
  [[nodiscard]] virtual bool was_overwritten(const tr_file& /*sent*/) const { return false; }

  // Hands over a file without a name that was opened when a recorded process began to write to it. Invalid: there is
  // none.
  [[nodiscard]] virtual UniqueFd take_unnamed(const tr_file& /*sent*/) { return {}; }
};

}  // namespace tracerec::record
