#include "record/recorder.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "http/sniff.h"

namespace tracerec::record {
namespace {

// The longest that an event waits in the ring while little happens. Under load the kernel side wakes the reader.
constexpr int kPollMs = 10;

// A system call that was under way when its connection ended returns within this time, unless its thread is stopped.
constexpr std::int64_t kLateBytesNs = 200'000'000;

// Between two looks at what need not be looked at for each event: progress, the size of the file.
constexpr std::int64_t kLookNs = 200'000'000;

}  // namespace

Recorder::Recorder(EventSource& source, TraceSink& sink, const Clock& clock, OpenSockets open)
    : source_(source), sink_(sink), clock_(clock), files_(source), open_(std::move(open)) {}

Result<Recorder::Ended> Recorder::run(const Limits& limits) {
  const EventHandler handle = [this](const Event& event) { on_event(event); };
  const std::int64_t started_ns = clock_.boot_ns();
  std::int64_t next_look_ns = started_ns;
  bool full = false;
  Ended why = Ended::kStopped;
  while (wants_more(limits, started_ns, why) && !full) {
    if (auto polled = source_.poll(kPollMs, handle); !polled) return polled.error();
    const std::int64_t now_ns = clock_.boot_ns();
    settle_ended(now_ns);
    if (now_ns < next_look_ns) continue;
    next_look_ns = now_ns + kLookNs;
    full = limits.full && limits.full();
    if (limits.on_progress) limits.on_progress({sink_.counts().stored.count, received_bytes_, connections_.size()});
  }
  if (full) why = Ended::kSize;
  source_.detach();
  for (std::size_t count = 1; count > 0;) {
    auto drained = source_.poll(0, handle);
    if (!drained) return drained.error();
    count = *drained;
  }
  finish();
  return why;
}

bool Recorder::wants_more(const Limits& limits, std::int64_t started_ns, Ended& why) const {
  if (limits.stop != nullptr && limits.stop->load(std::memory_order_relaxed)) {
    why = Ended::kStopped;
  } else if (sink_.limit_reached()) {
    why = Ended::kExchanges;
  } else if (clock_.boot_ns() - started_ns >= limits.duration_ns) {
    why = Ended::kDuration;
  } else if (source_.exhausted()) {
    why = Ended::kProcessEnded;
  } else if (limits.failed && limits.failed()) {
    why = Ended::kStoreFailed;
  } else {
    return true;
  }
  return false;
}

void Recorder::on_event(const Event& event) {
  const tr_event& header = event.header;
  const auto time_ns = static_cast<std::int64_t>(header.time_ns);
  if (header.kind == TR_DATA) received_bytes_ += event.payload.size();
  switch (header.kind) {
    case TR_CLOSE_FD:
      if (header.socket != 0) return on_socket_closed(header);
      return on_close_hint(std::uint64_t{header.tgid} << 32 | static_cast<std::uint32_t>(header.fd),
                           [time_ns](Connection& connection) { connection.end(time_ns); });
    case TR_EXIT:
      return on_process_end(header.tgid, time_ns);
    case TR_PROCESS:
    case TR_IMAGE:
      return;  // for the source
    case TR_IO_URING:
      io_uring_processes_.insert(header.tgid);
      return;
    case TR_FILE:
      return on_file(event);
    default:
      return on_socket_event(event);
  }
}

namespace {

// The kernel reuses the memory of sockets. The inode number tells the old from the new one; before accept, which gives
// it, and once the descriptor is gone, the peer does.
bool is_another(const Connection& known, const tr_event& header) {
  if (header.inode != 0 && known.inode() != 0) return header.inode != known.inode();
  return (header.flags & TR_SEQ32) != 0 && !known.has_peer_of(header);
}

}  // namespace

void Recorder::on_socket_event(const Event& event) {
  const tr_event& header = event.header;
  const auto time_ns = static_cast<std::int64_t>(header.time_ns);
  auto found = connections_.find(header.socket);
  if (found != connections_.end() && (header.kind == TR_OPEN || is_another(*found->second, header))) {
    close_and_forget(header.socket, time_ns);
    found = connections_.end();
  }
  if (found == connections_.end()) {
    if (header.kind == TR_END) return;  // of a socket that moved nothing
    found =
        connections_.emplace(header.socket, std::make_unique<Connection>(sink_, header, open_.before(header))).first;
    if (found->second->is_tls()) tls_notes_.session(header);
    if (found->second->has_unseen_request()) source_.watch_calls();
  }
  Connection& connection = *found->second;
  if (header.kind == TR_DATA && connection.is_undecided()) detect_tls(connection, event);
  const bool was_ending = connection.awaits_late_bytes();
  const bool was_passed_over = connection.is_passed_over();
  connection.on_event(event);
  if (connection.is_passed_over() && !was_passed_over && !connection.is_tls())
    source_.pass_over(header.socket, connection.inode());
  if (connection.awaits_late_bytes() && !was_ending) ending_.push_back({header.socket, connection.inode(), time_ns});
  if ((header.flags & (TR_SEQ32 | TR_TLS)) == 0) unix_owners_[connection.owner()] = header.socket;
  if (connection.closed()) connections_.erase(found);
}

// A connection of which nothing is kept: its files need not be read.
bool Recorder::is_of_no_interest(std::uint64_t socket) const {
  const auto found = connections_.find(socket);
  return found != connections_.end() && found->second->is_passed_over();
}

// A connection that begins with a TLS record: when the process's TLS library is read, its plaintext comes on its own.
void Recorder::detect_tls(Connection& connection, const Event& event) {
  const tr_event& header = event.header;
  if ((header.flags & TR_TLS) != 0 || !http::starts_with_tls_record(event.payload)) return;
  const TlsReading reading = source_.tls_of(header.tgid);
  const bool is_call = header.direction == TR_OUT && http::starts_with_tls_hello(event.payload);
  const bool is_wanted = !is_call || sink_.wants_outgoing();
  if (connection.note_tls() && is_wanted) {
    tls_notes_.connection({header.tgid, is_call ? header.peer_port : header.local_port, is_call}, reading);
  }
  if (!is_wanted && reading == TlsReading::kNoLibrary) connection.leave_out_call();
  if (reading != TlsReading::kPlaintext) return;
  connection.take_as_ciphertext();
  source_.mute(header.socket, header.inode);
}

// A range of a file that went to a socket, or into a pipe; or bytes that went between a pipe and a socket.
void Recorder::on_file(const Event& event) {
  SentRange range;
  tr_event header = event.header;
  if (!SentRange::parse(event.payload, range)) return refuse_file(header, range.file.bytes);
  range.tgid = header.tgid;
  range.sent_unix_ns = sink_.to_unix_ns(static_cast<std::int64_t>(header.time_ns));
  if ((header.flags & TR_TO_PIPE) != 0) return spliced_.fill(range);
  if (is_of_no_interest(header.socket)) {
    fetched_.bytes += range.file.bytes;
    received_bytes_ += range.file.bytes;
    sink_.skip(Skip::kOutgoing, range.file.bytes);
    header.kind = TR_HOLE;  // for the position only
    header.length = static_cast<std::uint32_t>(range.file.bytes);
    return on_socket_event({header, {}, {}});
  }
  if ((header.flags & TR_UNWATCHED) != 0) return refuse_file(header, range.file.bytes);
  if ((header.flags & TR_FROM_PIPE) == 0) return fetch(header, range);
  const auto ranges = header.direction == TR_OUT ? spliced_.drain(range.file) : std::nullopt;
  if (!ranges) return refuse_splice(header, range.file.bytes);
  header.flags &= static_cast<std::uint16_t>(~TR_FROM_PIPE);
  for (const SentRange& part : *ranges) fetch(header, part);
}

// Turns a range into the data that it was on the socket; what cannot be had is a hole. The header moves on past it.
void Recorder::fetch(tr_event& header, const SentRange& range) {
  const std::string note =
      "sendfile:inode=" + std::to_string(range.file.inode) + ":mtime_ns=" + std::to_string(range.file.mtime_ns);
  const std::uint64_t got = files_.read(range, [&](std::string_view bytes) {
    header.kind = TR_DATA;
    header.length = static_cast<std::uint32_t>(bytes.size());
    received_bytes_ += bytes.size();
    on_socket_event({header, bytes, note});
    header.flags &= static_cast<std::uint16_t>(~TR_RESUMED);
    header.position += bytes.size();
  });
  fetched_.bytes += got;
  if (got < range.file.bytes) refuse_file(header, range.file.bytes - got);
}

void Recorder::refuse_file(tr_event& header, std::uint64_t bytes) {
  fetched_.refused_bytes += bytes;
  ++fetched_.refused_count;
  report_hole(header, bytes);
}

void Recorder::refuse_splice(tr_event& header, std::uint64_t bytes) {
  fetched_.spliced_bytes += bytes;
  ++fetched_.spliced_count;
  report_hole(header, bytes);
}

// The header moves on past it.
void Recorder::report_hole(tr_event& header, std::uint64_t bytes) {
  header.kind = TR_HOLE;
  header.length = static_cast<std::uint32_t>(bytes);
  on_socket_event({header, {}, {}});
  header.flags &= static_cast<std::uint16_t>(~TR_RESUMED);
  header.position += bytes;
}

void Recorder::settle_ended(std::int64_t now_ns) {
  files_.close_idle(now_ns);
  for (; !ending_.empty() && now_ns - ending_.front().since_ns >= kLateBytesNs; ending_.pop_front()) {
    const auto found = connections_.find(ending_.front().socket);
    if (found == connections_.end() || found->second->inode() != ending_.front().inode) continue;
    found->second->settle();
    if (found->second->closed()) connections_.erase(found);
  }
}

// The last descriptor of a Unix socket was closed, by whichever process.
void Recorder::on_socket_closed(const tr_event& header) {
  const auto found = connections_.find(header.socket);
  if (found == connections_.end() || found->second->inode() != header.inode) return;
  unix_owners_.erase(found->second->owner());
  found->second->end(static_cast<std::int64_t>(header.time_ns));
  connections_.erase(found);
}

// A descriptor was closed. When it was the one that used the (Unix) socket last, the connection is over.
void Recorder::on_close_hint(std::uint64_t owner, const std::function<void(Connection&)>& end) {
  const auto known = unix_owners_.find(owner);
  if (known == unix_owners_.end()) return;
  const std::uint64_t socket = known->second;
  unix_owners_.erase(known);
  const auto found = connections_.find(socket);
  if (found == connections_.end() || found->second->owner() != owner) return;
  end(*found->second);
  connections_.erase(found);
}

void Recorder::on_process_end(std::uint32_t tgid, std::int64_t time_ns) {
  last_exits_[exits_++ % last_exits_.size()] = tgid;
  std::vector<std::uint64_t> owners;
  for (const auto& [owner, socket] : unix_owners_) {
    if (owner >> 32 == tgid) owners.push_back(owner);
  }
  const auto is_open_elsewhere = [&](std::uint64_t owner) {
    const auto found = connections_.find(unix_owners_.at(owner));
    return found != connections_.end() && source_.is_open_elsewhere(tgid, found->second->inode());
  };
  std::erase_if(owners, is_open_elsewhere);
  for (const std::uint64_t owner : owners)
    on_close_hint(owner, [time_ns](Connection& connection) { connection.end_with_process(time_ns); });
  std::vector<std::uint64_t> sessions;
  for (const auto& [socket, connection] : connections_) {
    if (connection->is_tls() && connection->owner() >> 32 == tgid) sessions.push_back(socket);
  }
  for (const std::uint64_t session : sessions) {
    const auto found = connections_.find(session);
    found->second->end_with_process(time_ns);
    connections_.erase(found);
  }
}

void Recorder::close_and_forget(std::uint64_t socket, std::int64_t time_ns) {
  const auto found = connections_.find(socket);
  found->second->close(time_ns);
  connections_.erase(found);
}

void Recorder::finish() {
  const std::int64_t now_ns = clock_.boot_ns();
  for (auto& [socket, connection] : connections_) {
    const auto owner = static_cast<std::uint32_t>(connection->owner() >> 32);
    if (std::find(last_exits_.begin(), last_exits_.end(), owner) != last_exits_.end()) {
      connection->end_with_process(now_ns);
    } else {
      connection->close(now_ns);
    }
  }
  connections_.clear();
}

}  // namespace tracerec::record
