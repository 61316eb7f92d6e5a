// One connection: positions, HTTP framing in both directions, and the pairing of requests with responses.
//
// How it works. Each direction has a cursor (stream_cursor.h) that finds holes and repeats, and a parser
// (http/parser.h). Requests queue up in the order in which they came; the response that is being read belongs to the
// first that has none (RFC 9112 §9.3.2), and its request's method decides about its framing. A hole inside a body whose
// end is known only marks the exchange; anywhere else the connection loses sync: what is open is stored as incomplete,
// and reading starts again at the next clean boundary, a read that begins with a whole request line. The same search
// begins a connection that was open before the recorder came. What is not HTTP/1 is kept as opaque bytes.
//
// Joining. What looks like a request line may be the content of an upload of which the beginning was not seen. A
// connection is joined at once when the kernel says that the server spoke last (open_sockets.h), and else after a
// response only. That may have come before the end of its request (413), with the rest of an upload behind it: so the
// first request is an exchange when nothing but it came before the response to it, and else is left out with whatever
// came with it, until after that response.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/parser.h"
#include "record/event_source.h"
#include "record/opaque_stream.h"
#include "record/open_sockets.h"
#include "record/stream_cursor.h"
#include "record/trace_sink.h"

namespace tracerec::record {

// One thread. The sink must outlive it.
class Connection {
 public:
  // `first` is the first event seen of it: an accept, bytes before which there were none (TR_FIRST), or anything else
  // when it was open before. `before`: what is known of it then.
  Connection(TraceSink& sink, const tr_event& first, const OpenSocket& before = {});

  // TR_DATA, TR_HOLE and TR_END of this socket, in ring order.
  void on_event(const Event& event);

  // The process closed its socket, of which no TR_END comes.
  void end(std::int64_t time_ns);

  // No more events can come: everything still open is stored as what it is. A body that only the end of the connection
  // ends is incomplete.
  void close(std::int64_t time_ns);
  void end_with_process(std::int64_t time_ns);  // its process is gone

  [[nodiscard]] bool closed() const { return closed_; }

  // It is a call to others, and those are not kept.
  [[nodiscard]] bool is_passed_over() const { return mode_ == Mode::kOutgoing; }

  // The end of the connection was reported before all of its bytes: another thread's read or write has moved them but
  // has not returned yet. Give it a moment, then call settle(): what is missing then is a hole.
  [[nodiscard]] bool awaits_late_bytes() const { return pending_end_.has_value(); }
  void settle();

  // Nothing has been understood of it yet.
  [[nodiscard]] bool is_undecided() const;

  // Its bytes are the ciphertext of a TLS session: they are counted from here on, and not looked at.
  void take_as_ciphertext();

  // It is a call to others, which are not kept.
  void leave_out_call() { mode_ = Mode::kOutgoing; }

  // Notes that it carries TLS; true the first time.
  [[nodiscard]] bool note_tls() { return !std::exchange(carries_tls_, true); }

  // Whether an event of a TCP socket at the same kernel address can belong to this connection: the peer is the same.
  // What is reported before accept has no inode number to tell by.
  [[nodiscard]] bool has_peer_of(const tr_event& header) const;

  // A request was read past every hook, by splice for example.
  [[nodiscard]] bool has_unseen_request() const { return has_unseen_request_; }

  // It is the plaintext of a TLS session.
  [[nodiscard]] bool is_tls() const { return row_.tls; }

  [[nodiscard]] std::uint64_t inode() const { return inode_; }
  [[nodiscard]] std::uint64_t owner() const { return owner_; }  // tgid << 32 | fd that used it last

 private:
  enum class Mode { kUnsynced, kHttp, kOutgoing, kFiltered, kCiphertext };

  void on_data(const tr_event& header, std::string_view bytes);
  void note_splice(tr_direction direction);
  void begin_at_start();
  void decide_role(tr_direction direction, std::string_view bytes);
  void on_ciphertext(const Event& event);
  void resume(const tr_event& header);
  void on_end(const tr_event& header);
  void note_unseen_reads(std::uint64_t position, bool seq32, std::int64_t time_ns);
  void apply_end(const tr_event& header);
  [[nodiscard]] bool has_late_bytes(const tr_event& end) const;
  void on_hole(tr_direction direction, std::uint64_t bytes, std::int64_t time_ns);
  void on_bytes(tr_direction direction, std::string_view bytes, std::int64_t time_ns);

  void begin_in_the_middle(LastMoved last);
  void note_unseen_request();
  bool try_sync(tr_direction direction, std::string_view bytes);
  void note_joined();
  void join(tr_direction direction, std::string_view bytes, std::int64_t time_ns);
  bool gather_call(tr_direction direction, std::string_view bytes, std::int64_t time_ns);
  [[nodiscard]] bool may_be_client() const;
  void pass_over(tr_direction direction, std::size_t bytes, std::uint64_t count = 1);
  void pass_over_response(std::string_view bytes);
  void pass_over_joining();
  [[nodiscard]] bool is_refuted(std::string_view response) const;
  void leave_out_unconfirmed();
  void become_client();
  [[nodiscard]] bool port_is_wanted() const;
  [[nodiscard]] bool may_join() const;
  [[nodiscard]] PendingExchange* concerned(tr_direction direction);
  void lose_sync(std::optional<Note> note);

  void read_request(std::string_view bytes, std::int64_t time_ns);
  void on_request_head(std::int64_t time_ns);
  void pass_over_head(std::string_view rest, std::size_t bytes, std::int64_t time_ns);
  void refuse_request(std::string_view rest, std::int64_t time_ns);

  void read_response(std::string_view bytes, std::int64_t time_ns);
  void on_unpaired_response(std::string_view bytes, std::int64_t time_ns);
  void on_response_head(PendingExchange& pending, std::int64_t time_ns);
  void on_response_end(PendingExchange& pending, std::int64_t time_ns);
  void refuse_response(std::string_view rest, std::int64_t time_ns);

  [[nodiscard]] PendingExchange* awaiting_response();
  void finish_front();
  void finish_cut_front(std::optional<Note> note);
  void finish_ready();
  void finish_all(std::optional<Note> note);
  void end_of_responses(std::int64_t time_ns);
  void count_silence();

  void unfinished_to_opaque(tr_direction direction, std::string_view gathered, std::int64_t time_ns);
  void append_opaque(tr_direction direction, std::string_view bytes, std::int64_t time_ns);
  [[nodiscard]] OpaqueStream::Origin opaque_origin(tr_direction direction);

  TraceSink& sink_;
  schema::Connection row_;
  bool row_stored_ = false;
  std::uint16_t local_port_;
  std::uint16_t peer_port_;
  std::array<std::uint8_t, 16> peer_address_;
  std::uint64_t inode_;
  std::uint64_t owner_ = 0;
  Mode mode_ = Mode::kUnsynced;
  bool guessed_ = false;    // the boundary was found, not seen from the accept on
  bool pipelined_ = false;  // more than one request was open: a lost boundary cannot be found again with certainty
  // Unsynced: the start of what may be a request line (Go reads the first byte of a request ahead; Varnish writes a
  // request word by word).
  std::string joining_;
  tr_direction joining_direction_ = TR_IN;
  bool joining_was_passed_ = false;  // bytes of responses came since
  std::int64_t joining_since_ns_ = 0;
  // Unsynced: the direction of the last bytes that were passed over, or moved before; none when there were none. A
  // boundary lies after a response only: what was passed over in the direction of requests is a request that is still
  // open.
  std::optional<tr_direction> passed_over_;
  bool accepted_ = false;     // the process is the server for certain
  bool unknown_ = false;      // nothing was passed over yet, and nobody knows what moved before
  bool is_new_ = false;       // nothing was passed over yet, and nothing moved before
  bool under_way_ = false;    // something was passed over before it was joined the first time
  bool unconfirmed_ = false;  // joined where a request seems to begin; no response has come since
  tr_direction request_direction_ =
      TR_IN;  // the direction of requests: the process is the server, or (TR_OUT) the client
  tr_direction response_direction_ = TR_OUT;
  bool refused_head_is_open_ = false;  // and has no response yet
  bool carries_tls_ = false;
  bool has_unseen_request_ = false;
  bool role_is_open_ = false;  // the first bytes will tell who asks
  bool closed_ = false;
  bool responses_ended_ = false;
  bool server_broke_off_ = false;  // it ended, by itself, what it had not ended as a message
  std::optional<tr_event> pending_end_;
  std::int64_t next_seq_ = 0;
  std::int64_t request_started_ns_ = 0;  // of a head that came in pieces
  StreamCursor cursors_[2];
  std::uint64_t taken_[2] = {0, 0};  // bytes seen per direction, for opaque positions
  http::RequestParser request_;
  http::ResponseParser response_;
  std::deque<PendingExchange> open_;
  OpaqueStream opaque_[2];
};

}  // namespace tracerec::record
