// Turns the events of a source into exchanges in a store.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/clock.h"
#include "record/connection.h"
#include "record/event_source.h"
#include "record/ledger.h"
#include "record/open_sockets.h"
#include "record/sent_file.h"
#include "record/spliced.h"
#include "record/tls/notes.h"
#include "record/trace_sink.h"

namespace tracerec::record {

// One thread: the one that calls. Source, sink and clock must outlive it.
class Recorder {
 public:
  // `open`: what the kernel knew of connections that were open before.
  Recorder(EventSource& source, TraceSink& sink, const Clock& clock, OpenSockets open = {});

  struct Progress {
    std::uint64_t exchanges = 0;
    std::uint64_t received_bytes = 0;
    std::size_t open_connections = 0;
  };

  struct Limits {
    std::int64_t duration_ns = INT64_MAX;
    const std::atomic<bool>* stop = nullptr;  // set by a signal handler
    std::function<bool()> failed;             // the store cannot go on
    std::function<bool()> full;               // the file has its size; asked now and then
    std::function<void(const Progress&)> on_progress;
  };

  enum class Ended { kStopped, kDuration, kExchanges, kSize, kProcessEnded, kStoreFailed };

  // Reads until something of Limits, the sink's --max-exchanges or the end of the process ends it; then detaches the
  // source, drains it, and closes every connection. Error: the source broke; what came before is in the sink.
  [[nodiscard]] Result<Ended> run(const Limits& limits);

  // One event of the source. Public for tests and for replayed event files.
  void on_event(const Event& event);

  // Ends the connections whose last bytes have been awaited for long enough (Connection::awaits_late_bytes).
  void settle_ended(std::int64_t now_ns);

  // Stores what is still open. No events after it.
  void finish();

  // Payload of the source, and bytes of files that were fetched.
  [[nodiscard]] std::uint64_t received_bytes() const { return received_bytes_; }
  [[nodiscard]] const FetchCounts& fetched() const { return fetched_; }

  // Processes that use sockets through io_uring, which no source sees.
  [[nodiscard]] const std::set<std::uint32_t>& io_uring_processes() const { return io_uring_processes_; }

  // What the recording could not do about TLS.
  [[nodiscard]] const TlsNotes& tls_notes() const { return tls_notes_; }

 private:
  void detect_tls(Connection& connection, const Event& event);
  void on_socket_event(const Event& event);
  void on_file(const Event& event);
  void fetch(tr_event& header, const SentRange& range);
  void refuse_file(tr_event& header, std::uint64_t bytes);
  void refuse_splice(tr_event& header, std::uint64_t bytes);
  void report_hole(tr_event& header, std::uint64_t bytes);
  [[nodiscard]] bool is_of_no_interest(std::uint64_t socket) const;
  void on_socket_closed(const tr_event& header);
  void on_close_hint(std::uint64_t owner, const std::function<void(Connection&)>& end);
  void on_process_end(std::uint32_t tgid, std::int64_t time_ns);
  void close_and_forget(std::uint64_t socket, std::int64_t time_ns);
  [[nodiscard]] bool wants_more(const Limits& limits, std::int64_t started_ns, Ended& why) const;

  EventSource& source_;
  TraceSink& sink_;
  const Clock& clock_;
  boost::unordered_flat_map<std::uint64_t, std::unique_ptr<Connection>> connections_;  // by socket
  boost::unordered_flat_map<std::uint64_t, std::uint64_t> unix_owners_;                // owner → socket, not TCP
  struct Ending {
    std::uint64_t socket;
    std::uint64_t inode;
    std::int64_t since_ns;
  };
  std::deque<Ending> ending_;  // oldest first
  SentFiles files_;
  SplicedFiles spliced_;
  OpenSockets open_;
  TlsNotes tls_notes_;
  std::set<std::uint32_t> io_uring_processes_;
  std::uint64_t received_bytes_ = 0;
  FetchCounts fetched_;
  // The end of a recording may come before that of the sockets of the process that it waited for.
  std::array<std::uint32_t, 64> last_exits_{};
  std::size_t exits_ = 0;
};

}  // namespace tracerec::record
