#include "record/connection.h"

#include <sys/socket.h>

#include <utility>

#include "http/sniff.h"
#include "record/address.h"

namespace tracerec::record {
namespace {

std::uint64_t owner_of(const tr_event& header) {
  return std::uint64_t{header.tgid} << 32 | static_cast<std::uint32_t>(header.fd);
}

tr_direction direction_of(const tr_event& header) {
  return header.direction == TR_IN ? TR_IN : TR_OUT;
}

constexpr const char* kUpgraded = "upgraded";
constexpr const char* kBadHead = "bad request head";  // as http/parser.h has it

// Event files that are read again may hold any times.
std::int64_t nanoseconds_between(std::int64_t from, std::int64_t to) {
  std::int64_t elapsed = 0;
  return __builtin_sub_overflow(to, from, &elapsed) ? 0 : elapsed;
}

Note note_of_cut(const PendingExchange& pending, bool server_broke_off) {
  if (pending.row.status == 0) return Note::kNoResponse;
  return pending.is_open_ended() && !server_broke_off ? Note::kOpenEnded : Note::kResponseCut;
}

// Who ended is known of plain TCP alone.
bool is_end_by_server(const tr_event& end, tr_direction responses) {
  if (end.family != AF_INET && end.family != AF_INET6) return false;
  if ((end.flags & TR_TLS) != 0) return false;
  return ((end.flags & TR_PEER_LEFT) != 0) == (responses == TR_IN);
}

}  // namespace

Connection::Connection(TraceSink& sink, const tr_event& first, const OpenSocket& before)
    : sink_(sink),
      local_port_(first.local_port),
      peer_port_(first.peer_port),
      peer_address_(std::to_array(first.peer_address)),
      inode_(first.inode) {
  const bool tls_begins = (first.flags & TR_TLS) != 0 && (first.flags & TR_FIRST) != 0;
  const bool is_accepted = first.kind == TR_OPEN || (!tls_begins && (first.flags & TR_FIRST) != 0);
  if (is_accepted) mode_ = sink.wants_port(first.local_port) ? Mode::kHttp : Mode::kFiltered;
  row_.id = sink.new_connection_id();
  row_.local = format_address(first.family, first.local_address, first.local_port);
  row_.peer = format_address(first.family, first.peer_address, first.peer_port);
  row_.opened_unix_ns = sink.to_unix_ns(static_cast<std::int64_t>(first.time_ns));
  row_.open_before = !is_accepted;
  owner_ = owner_of(first);
  row_.tls = (first.flags & TR_TLS) != 0;
  if (row_.tls && first.family == 0) row_.local = row_.peer = "tls";
  if (tls_begins) {
    begin_at_start();
    return;
  }
  // Of the direction of a first piece of data the piece itself gives the position; of the other one this event does.
  const bool data = first.kind != TR_OPEN;
  if (is_accepted && data) cursors_[direction_of(first)].start(first.position);
  const bool is_first_out = (first.flags & TR_FIRST_OUT) != 0;
  const bool is_new = before.last == LastMoved::kNothing;
  // Of one that was open before, what the process received then is not missing.
  if (!data || (direction_of(first) == TR_OUT && (!is_first_out || is_new))) cursors_[TR_IN].start(first.position_in);
  if (!data || direction_of(first) == TR_IN) cursors_[TR_OUT].start(first.position_out);
  accepted_ = before.accepted;
  if (row_.open_before) begin_in_the_middle(before.last);
  if (is_first_out && is_new) note_unseen_request();
}

// The process has read a request by a way that is not hooked, or by one that shows no bytes.
void Connection::note_unseen_request() {
  if (!std::exchange(has_unseen_request_, true)) sink_.count_unseen_request();
}

void Connection::begin_in_the_middle(LastMoved last) {
  is_new_ = last == LastMoved::kNothing;
  unknown_ = last == LastMoved::kUnknown;
  if (last == LastMoved::kSent) passed_over_ = TR_OUT;
  if (last == LastMoved::kReceived || unknown_) passed_over_ = TR_IN;
}

bool Connection::has_peer_of(const tr_event& header) const {
  return header.peer_port == peer_port_ && std::to_array(header.peer_address) == peer_address_;
}

// A TLS session whose beginning was seen. Who asks is not known yet.
void Connection::begin_at_start() {
  row_.open_before = false;
  for (StreamCursor& cursor : cursors_) cursor.start(0);
  mode_ = Mode::kHttp;
  role_is_open_ = true;
}

// In HTTP it is the client who speaks first, but for an HTTP/2 server that announces its settings.
void Connection::decide_role(tr_direction direction, std::string_view bytes) {
  role_is_open_ = false;
  if (direction == TR_IN) {
    if (!port_is_wanted()) mode_ = Mode::kFiltered;
    return;
  }
  if (!http::starts_with_http2_settings(bytes)) return become_client();
  opaque_[TR_OUT].start("http/2");
}

bool Connection::is_undecided() const {
  return mode_ == Mode::kUnsynced || (mode_ == Mode::kHttp && taken_[TR_IN] + taken_[TR_OUT] == 0);
}

void Connection::take_as_ciphertext() {
  if (mode_ == Mode::kCiphertext) return;
  lose_sync({});
  mode_ = Mode::kCiphertext;
  sink_.skip(Skip::kCiphertext, 0);
}

// Positions say nothing here: most of it is passed over in the kernel.
void Connection::on_ciphertext(const Event& event) {
  if (event.header.kind == TR_DATA) sink_.skip(Skip::kCiphertext, event.payload.size(), 0);
  const int both = TR_END_IN | TR_END_OUT;
  if (event.header.kind == TR_END && (event.header.flags & both) == both) {
    close(static_cast<std::int64_t>(event.header.time_ns));
  }
}

void Connection::on_event(const Event& event) {
  const tr_event& header = event.header;
  if (inode_ == 0) inode_ = header.inode;
  if ((header.flags & TR_MUTED) != 0) take_as_ciphertext();
  if (mode_ == Mode::kCiphertext) return on_ciphertext(event);
  if ((header.flags & TR_RESUMED) != 0) resume(header);
  switch (header.kind) {
    case TR_DATA:
      owner_ = owner_of(header);
      if (PendingExchange* pending = event.note.empty() ? nullptr : concerned(direction_of(header)))
        pending->notes.add_file(event.note);
      on_data(header, event.payload);
      break;
    case TR_HOLE: {
      if ((header.flags & TR_FROM_PIPE) != 0) note_splice(direction_of(header));
      const auto placed =
          cursors_[direction_of(header)].place(header.position, header.length, (header.flags & TR_SEQ32) != 0);
      if (mode_ == Mode::kOutgoing) break;
      sink_.count_gap(placed.hole_bytes);
      const std::uint64_t missing = placed.hole_bytes + header.length - placed.seen_bytes;
      on_hole(direction_of(header), missing, static_cast<std::int64_t>(header.time_ns));
      break;
    }
    case TR_END:
      return on_end(header);
    default:
      return;
  }
  if (pending_end_ && !has_late_bytes(*pending_end_)) settle();
}

void Connection::note_splice(tr_direction direction) {
  if (PendingExchange* pending = concerned(direction)) {
    pending->notes.add(Note::kSplice);
  } else if (direction == request_direction_ && direction == TR_IN && mode_ != Mode::kOutgoing) {
    note_unseen_request();
  }
}

void Connection::on_data(const tr_event& header, std::string_view bytes) {
  const tr_direction direction = direction_of(header);
  const auto time_ns = static_cast<std::int64_t>(header.time_ns);
  const auto placed = cursors_[direction].place(header.position, bytes.size(), (header.flags & TR_SEQ32) != 0);
  if (placed.seen_bytes > 0) {
    sink_.skip(Skip::kDuplicate, placed.seen_bytes);
    bytes.remove_prefix(placed.seen_bytes);
  }
  if (placed.lost_track) lose_sync(Note::kHole);
  if (mode_ == Mode::kOutgoing) return sink_.skip(Skip::kOutgoing, bytes.size());  // holes there are nobody's loss
  sink_.count_gap(placed.hole_bytes);
  if (placed.hole_bytes > 0) on_hole(direction, placed.hole_bytes, time_ns);
  if (!bytes.empty()) on_bytes(direction, bytes, time_ns);
}

// Whole exchanges were shed (bpf/overload.h): the positions jump, but here begins a request.
void Connection::resume(const tr_event& header) {
  const tr_direction direction = direction_of(header);
  const Mode before = mode_;
  lose_sync(Note::kHole);
  mode_ = before;
  passed_over_.reset();
  cursors_[direction].start(header.position);
  cursors_[1 - direction].start(direction == TR_IN ? header.position_out : header.position_in);
}

void Connection::on_end(const tr_event& header) {
  tr_event end = header;
  if (pending_end_) {
    // The first one knows where sending ended, and how; a later one may count the FIN as a byte.
    constexpr auto kHow = static_cast<std::uint16_t>(TR_CUT_OUT | TR_PEER_LEFT);
    if ((pending_end_->flags & TR_END_OUT) != 0) end.flags &= static_cast<std::uint16_t>(~kHow);
    end.flags |= pending_end_->flags;
    if ((pending_end_->flags & TR_END_OUT) != 0) end.position_out = pending_end_->position_out;
  }
  if (!has_late_bytes(end)) return apply_end(end);
  pending_end_ = end;
}

bool Connection::has_late_bytes(const tr_event& end) const {
  if (mode_ == Mode::kOutgoing) return false;
  const bool seq32 = (end.flags & TR_SEQ32) != 0;
  if ((end.flags & TR_END_IN) != 0 && cursors_[TR_IN].missing_until(end.position_in, seq32) > 0) return true;
  const bool was_reported = request_direction_ == TR_IN && responses_ended_;  // a later end may count the FIN as a byte
  return (end.flags & TR_END_OUT) != 0 && !was_reported && cursors_[TR_OUT].missing_until(end.position_out, seq32) > 0;
}

void Connection::settle() {
  if (pending_end_) apply_end(*std::exchange(pending_end_, std::nullopt));
}

void Connection::apply_end(const tr_event& header) {
  const auto time_ns = static_cast<std::int64_t>(header.time_ns);
  const bool seq32 = (header.flags & TR_SEQ32) != 0;
  const bool ends = (header.flags & (response_direction_ == TR_OUT ? TR_END_OUT : TR_END_IN)) != 0;
  const bool closes = (header.flags & TR_END_IN) != 0 && (header.flags & TR_END_OUT) != 0;
  pending_end_.reset();
  // Their positions are not followed.
  if (mode_ == Mode::kCiphertext || mode_ == Mode::kOutgoing) return closes ? close(time_ns) : void();
  if ((header.flags & TR_END_IN) != 0) note_unseen_reads(header.position_in, seq32, time_ns);
  if (ends && !responses_ended_) {
    const std::uint64_t position = response_direction_ == TR_OUT ? header.position_out : header.position_in;
    const auto placed = cursors_[response_direction_].place(position, 0, seq32);
    sink_.count_gap(placed.hole_bytes);
    if (placed.hole_bytes > 0) on_hole(response_direction_, placed.hole_bytes, time_ns);
    responses_ended_ = true;
    server_broke_off_ = is_end_by_server(header, response_direction_);
    if ((header.flags & (response_direction_ == TR_OUT ? TR_CUT_OUT : TR_CUT_IN)) == 0) end_of_responses(time_ns);
  }
  if (closes) close(time_ns);
}

// What was read last by a call that was not seen: its descriptor was closed before it returned. A FIN that was read may
// count as one byte.
void Connection::note_unseen_reads(std::uint64_t position, bool seq32, std::int64_t time_ns) {
  if (request_direction_ != TR_IN || cursors_[TR_IN].missing_until(position, seq32) <= 1) return;
  const auto placed = cursors_[TR_IN].place(position, 0, seq32);
  sink_.count_gap(placed.hole_bytes);
  on_hole(TR_IN, placed.hole_bytes, time_ns);
}

void Connection::on_bytes(tr_direction direction, std::string_view bytes, std::int64_t time_ns) {
  if (role_is_open_) decide_role(direction, bytes);
  if (mode_ == Mode::kUnsynced) return join(direction, bytes, time_ns);
  if (mode_ == Mode::kOutgoing) return sink_.skip(Skip::kOutgoing, bytes.size());
  if (mode_ == Mode::kFiltered) return sink_.skip(Skip::kFiltered, bytes.size());
  if (refused_head_is_open_) {
    if (direction == request_direction_) return sink_.skip(Skip::kUnsynced, bytes.size());
    return on_unpaired_response(bytes, time_ns);
  }
  if (opaque_[direction].active()) {
    append_opaque(direction, bytes, time_ns);
  } else if (direction == request_direction_) {
    read_request(bytes, time_ns);
  } else if (is_refuted(bytes)) {
    lose_sync({});
    on_bytes(direction, bytes, time_ns);
  } else {
    read_response(bytes, time_ns);
  }
}

// Looks for the boundary at which the connection can be joined, and goes on from there.
void Connection::join(tr_direction direction, std::string_view bytes, std::int64_t time_ns) {
  if (gather_call(direction, bytes, time_ns)) return;
  std::string gathered;
  if (direction != request_direction_ && !joining_.empty() && !http::starts_with_request_line(bytes)) {
    // No response to what has only begun to come: one to an earlier request. Go's server reads the next one's first
    // byte beside its writing, and the reading may be seen first.
    joining_was_passed_ |= !http::is_interim_response(bytes);
    const auto before = passed_over_;
    pass_over(direction, bytes.size());
    passed_over_ = before;
    return;
  }
  // A request line of its own after a response: what had begun before was none.
  const bool answered = std::exchange(joining_was_passed_, false);
  const bool anew = answered && http::starts_with_request_line(bytes);
  if (direction != request_direction_ || direction != joining_direction_ || anew) pass_over_joining();
  if (answered) passed_over_ = response_direction_;
  if (!joining_.empty()) {
    gathered = std::exchange(joining_, {}).append(bytes);
    bytes = gathered;
    time_ns = joining_since_ns_;
  }
  if (try_sync(direction, bytes) || mode_ != Mode::kUnsynced) return on_bytes(direction, bytes, time_ns);
  // Also inside of what may be an upload: its response may have been sent already, and be seen next.
  if (direction == request_direction_ && !pipelined_ && http::may_start_request_line(bytes)) {
    joining_ = bytes;
    joining_direction_ = direction;
    joining_since_ns_ = time_ns;
    return;
  }
  if (direction == response_direction_) return pass_over_response(bytes);
  pass_over(direction, bytes.size());
}

void Connection::pass_over(tr_direction direction, std::size_t bytes, std::uint64_t count) {
  passed_over_ = direction;
  is_new_ = unknown_ = false;
  under_way_ |= row_.open_before && !guessed_;
  sink_.skip(Skip::kUnsynced, bytes, count);
}

// "100 Continue" says that the request goes on.
void Connection::pass_over_response(std::string_view bytes) {
  pass_over(response_direction_, bytes.size());
  if (http::is_interim_response(bytes)) passed_over_ = request_direction_;
}

// What the process sends may be the start of a call to others: it is held until its line is whole, or is none. True:
// nothing is left to do.
bool Connection::gather_call(tr_direction direction, std::string_view bytes, std::int64_t time_ns) {
  const bool goes_on = !joining_.empty() && joining_direction_ == TR_OUT;
  if (direction != TR_OUT || !may_be_client() || (!goes_on && !joining_.empty())) return false;
  if (!goes_on && !http::may_start_request_line(bytes)) return false;
  if (!goes_on) joining_since_ns_ = time_ns;
  joining_direction_ = TR_OUT;
  joining_.append(bytes);
  if (http::starts_with_request_line(joining_)) {
    const std::string call = std::exchange(joining_, {});
    join(direction, call, joining_since_ns_);
  } else if (!http::may_start_request_line(joining_)) {
    pass_over_joining();
  }
  return true;
}

// It was not a request line after all.
void Connection::pass_over_joining() {
  if (joining_.empty()) return;
  pass_over(joining_direction_, std::exchange(joining_, {}).size(), 0);
}

// Decides from the first bytes of a read or write whether the stream is at a boundary, and who asks whom.
bool Connection::try_sync(tr_direction direction, std::string_view bytes) {
  const bool request = http::starts_with_request_line(bytes) || http::starts_with_http2_preface(bytes);
  const bool response = http::starts_with_status_line(bytes);
  if (may_be_client() && ((direction == TR_OUT && request) || (direction == TR_IN && response))) become_client();
  if (mode_ != Mode::kUnsynced || direction != request_direction_ || !request || !may_join()) return false;
  mode_ = request_direction_ == TR_OUT || port_is_wanted() ? Mode::kHttp : Mode::kFiltered;
  if (mode_ == Mode::kHttp) note_joined();
  return mode_ == Mode::kHttp;
}

void Connection::note_joined() {
  guessed_ = true;
  unconfirmed_ = !std::exchange(is_new_, false);
  if (std::exchange(under_way_, false)) sink_.count_under_way();
}

// It was not accepted, as far as the recorder knows, and no request has come in.
bool Connection::may_be_client() const {
  return row_.open_before && !accepted_ && next_seq_ == 0 && request_direction_ == TR_IN;
}

// A TLS session whose socket is not known is kept.
bool Connection::port_is_wanted() const {
  return (row_.tls && local_port_ == 0) || sink_.wants_port(local_port_);
}

bool Connection::may_join() const {
  return !pipelined_ && (!passed_over_ || *passed_over_ == response_direction_);
}

void Connection::become_client() {
  if (!sink_.wants_outgoing()) {
    mode_ = Mode::kOutgoing;
    return;
  }
  row_.role = schema::Role::kClient;
  std::swap(request_direction_, response_direction_);
  if (unknown_) passed_over_.reset();  // most likely it has just been opened, of which no event tells
}

// The response to the request at which the connection was joined begins. A part of another request before it, or of
// the same one, says that this was none: but for the one byte that Go's server reads ahead.
bool Connection::is_refuted(std::string_view response) const {
  if (!unconfirmed_ || !response_.at_message_start() || http::is_interim_response(response)) return false;
  return open_.size() != 1 || !open_.front().request_done || request_.unfinished_head().size() > 1;
}

void Connection::leave_out_unconfirmed() {
  if (!std::exchange(unconfirmed_, false)) return;
  for (PendingExchange& pending : open_) sink_.leave_out(pending, Skip::kUnsynced);
  next_seq_ -= static_cast<std::int64_t>(open_.size());
}

void Connection::lose_sync(std::optional<Note> note) {
  refused_head_is_open_ = false;
  pass_over_joining();
  leave_out_unconfirmed();
  finish_all(note);
  sink_.skip(Skip::kUnsynced, request_.unfinished_head().size() + response_.unfinished_head().size(), 0);
  request_.reset();
  response_.reset();
  passed_over_ = request_direction_;
  if (mode_ == Mode::kHttp && !opaque_[TR_IN].active() && !opaque_[TR_OUT].active()) mode_ = Mode::kUnsynced;
}

// The exchange whose bytes come next in this direction; none before its head.
PendingExchange* Connection::concerned(tr_direction direction) {
  if (direction == response_direction_) return awaiting_response();
  return open_.empty() || open_.back().request_done ? nullptr : &open_.back();
}

void Connection::on_hole(tr_direction direction, std::uint64_t bytes, std::int64_t time_ns) {
  taken_[direction] += bytes;
  if (mode_ == Mode::kUnsynced) {
    pass_over_joining();
    pass_over(direction, 0, 0);
  }
  if (mode_ != Mode::kHttp || opaque_[direction].active()) return;
  if (direction == request_direction_) {
    if (open_.empty() || request_.skippable_bytes() < bytes) return lose_sync(Note::kHoleInRequest);
    TraceSink::append_hole(open_.back().row.request_body, bytes);
    open_.back().notes.add(Note::kHoleInRequest);
    request_.skip(bytes);
    return read_request({}, time_ns);
  }
  PendingExchange* pending = awaiting_response();
  if (pending == nullptr || response_.skippable_bytes() < bytes) {
    lose_sync(Note::kHoleInResponse);
    passed_over_ = response_direction_;
    return;
  }
  TraceSink::append_hole(pending->row.response_body, bytes);
  pending->notes.add(Note::kHoleInResponse);
  response_.skip(bytes);
  read_response({}, time_ns);
}

// ---- requests

void Connection::read_request(std::string_view bytes, std::int64_t time_ns) {
  for (;;) {
    if (request_.at_message_start()) request_started_ns_ = time_ns;
    const http::Step step = request_.next(bytes);
    const std::string_view piece = bytes.substr(0, step.consumed);
    taken_[request_direction_] += step.consumed;
    bytes.remove_prefix(step.consumed);
    switch (step.part) {
      case http::Part::kNeedMore:
        return;
      case http::Part::kHead:
        on_request_head(request_started_ns_);
        break;
      case http::Part::kBody:
        sink_.append(open_.back(), open_.back().row.request_body, piece);
        break;
      case http::Part::kEnd:
        open_.back().request_done = true;
        request_.reset();
        finish_ready();
        if (opaque_[response_direction_].active()) finish_all(Note::kResponseRefused);
        if (bytes.empty()) return;
        break;
      case http::Part::kError:
        return refuse_request(bytes, time_ns);
    }
  }
}

void Connection::on_request_head(std::int64_t time_ns) {
  const http::HeadFacts& facts = request_.facts();
  PendingExchange pending = sink_.begin(facts.method, facts.target, request_.head_bytes());
  pending.started_boot_ns = time_ns;
  pending.row.started_unix_ns = sink_.to_unix_ns(time_ns);
  pending.row.seq = next_seq_++;
  if (row_.role == schema::Role::kClient) pending.notes.add(Note::kOutgoing);
  if (!open_.empty()) pipelined_ = true;
  open_.push_back(std::move(pending));
}

// The parser refuses what comes: the client's direction is opaque from here on. Earlier requests may still be answered.
void Connection::refuse_request(std::string_view rest, std::int64_t time_ns) {
  const std::string_view gathered = request_.unfinished_head();
  const char* reason = http::starts_with_tls_hello(gathered.empty() ? rest : gathered) ? "tls" : request_.error();
  if (!open_.empty() && !open_.back().request_done) open_.back().notes.add(Note::kRequestRefused);
  if (reason == std::string_view("http/2")) {
    unconfirmed_ = false;
    sink_.count_http2();
  }
  if (unconfirmed_) {  // what it was joined at was no request
    lose_sync({});
    return pass_over(request_direction_, rest.size());
  }
  const std::size_t refused = request_.refused_head_bytes();
  if (reason == std::string_view(kBadHead) && refused > gathered.size() && open_.empty())
    return pass_over_head(rest, refused - gathered.size(), time_ns);
  opaque_[request_direction_].start(reason);
  unfinished_to_opaque(request_direction_, gathered, time_ns);
  append_opaque(request_direction_, rest, time_ns);
  request_.reset();
}

// A head with an end that cannot be read, and nothing before it that waits: it is opaque, and so is its response, after
// which the connection is joined again.
void Connection::pass_over_head(std::string_view rest, std::size_t bytes, std::int64_t time_ns) {
  OpaqueStream& opaque = opaque_[request_direction_];
  opaque.start(kBadHead);
  unfinished_to_opaque(request_direction_, request_.unfinished_head(), time_ns);
  append_opaque(request_direction_, rest.substr(0, bytes), time_ns);
  opaque.flush(opaque_origin(request_direction_));
  opaque.stop();
  request_.reset();
  rest.remove_prefix(bytes);
  taken_[request_direction_] += rest.size();
  if (!rest.empty()) sink_.skip(Skip::kUnsynced, rest.size());
  refused_head_is_open_ = true;
}

// ---- responses

PendingExchange* Connection::awaiting_response() {
  for (PendingExchange& pending : open_) {
    if (!pending.response_done) return &pending;
  }
  return nullptr;
}

void Connection::read_response(std::string_view bytes, std::int64_t time_ns) {
  for (;;) {
    PendingExchange* pending = awaiting_response();
    if (pending == nullptr) {
      return bytes.empty() ? void() : on_unpaired_response(bytes, time_ns);
    }
    if (response_.at_message_start()) response_.reset(pending->row.method);
    const http::Step step = response_.next(bytes);
    const std::string_view piece = bytes.substr(0, step.consumed);
    taken_[response_direction_] += step.consumed;
    bytes.remove_prefix(step.consumed);
    switch (step.part) {
      case http::Part::kNeedMore:
        return;
      case http::Part::kHead:
        on_response_head(*pending, time_ns);
        break;
      case http::Part::kBody:
        sink_.append(*pending, pending->row.response_body, piece);
        break;
      case http::Part::kEnd:
        on_response_end(*pending, time_ns);
        if (opaque_[response_direction_].active()) return append_opaque(response_direction_, bytes, time_ns);
        if (bytes.empty()) return;
        break;
      case http::Part::kError:
        return refuse_response(bytes, time_ns);
    }
  }
}

// The server speaks although nobody asked: a 408 on an idle connection, or the response to a request that was missed.
// It is kept, and the next request that comes after it is a clean boundary again.
void Connection::on_unpaired_response(std::string_view bytes, std::int64_t time_ns) {
  const bool refused = opaque_[request_direction_].active();
  const char* const reason = refused_head_is_open_ ? kBadHead : "response without a request";
  opaque_[response_direction_].start(refused ? opaque_[request_direction_].reason() : reason);
  append_opaque(response_direction_, bytes, time_ns);
  if (refused) return;
  opaque_[response_direction_].flush(opaque_origin(response_direction_));
  opaque_[response_direction_].stop();
  lose_sync({});
  passed_over_ = response_direction_;
}

void Connection::on_response_head(PendingExchange& pending, std::int64_t time_ns) {
  const int status = response_.facts().status;
  const bool interim = status / 100 == 1 && !response_.switches_protocol();
  if (interim) return sink_.add_interim_head(pending, response_.head_bytes());
  unconfirmed_ = false;
  sink_.add_response_head(pending, response_.head_bytes());
  pending.row.status = status;
  pending.row.ttfb_ns = nanoseconds_between(pending.started_boot_ns, time_ns);
}

void Connection::on_response_end(PendingExchange& pending, std::int64_t time_ns) {
  if (pending.row.status == 0) return response_.reset(pending.row.method);  // 1xx: the final response is still to come
  const bool switched = response_.switches_protocol();
  pending.row.duration_ns = nanoseconds_between(pending.started_boot_ns, time_ns);
  pending.response_done = true;
  if (switched) pending.notes.add(Note::kUpgrade);
  response_.reset();
  finish_ready();
  if (!switched) return;
  opaque_[request_direction_].start(kUpgraded);
  opaque_[response_direction_].start(kUpgraded);
  if (request_.unfinished_head().empty()) return;
  // A client that did not wait for the response has begun to speak the new protocol: that was not a head.
  unfinished_to_opaque(request_direction_, request_.unfinished_head(), time_ns);
  request_.reset();
}

void Connection::refuse_response(std::string_view rest, std::int64_t time_ns) {
  if (guessed_ && response_.unfinished_head().empty()) {
    // The boundary that was guessed was none. Nothing of this may pass for a response.
    lose_sync(Note::kUnsynced);
    return sink_.skip(Skip::kUnsynced, rest.size());
  }
  if (PendingExchange* pending = awaiting_response()) pending->notes.add(Note::kResponseRefused);
  opaque_[response_direction_].start(response_.error());
  unfinished_to_opaque(response_direction_, response_.unfinished_head(), time_ns);
  append_opaque(response_direction_, rest, time_ns);
  response_.reset();
  // A request that is still coming in is stored at its own end.
  while (!open_.empty() && open_.front().request_done) finish_cut_front({});
}

// ---- the end of exchanges

void Connection::finish_front() {
  PendingExchange pending = std::move(open_.front());
  open_.pop_front();
  if (pending.cut) pending.notes.add(Note::kMaxBody);
  pending.row.complete = pending.request_done && pending.response_done && !pending.cut && !pending.notes.has_hole();
  sink_.finish(std::move(pending), row_, row_stored_);
}

void Connection::finish_ready() {
  while (!open_.empty() && open_.front().request_done && open_.front().response_done) finish_front();
}

void Connection::finish_cut_front(std::optional<Note> note) {
  PendingExchange& pending = open_.front();
  if (note) pending.notes.add(*note);
  if (!pending.request_done) pending.notes.add(Note::kRequestCut);
  if (!pending.response_done) pending.notes.add(note_of_cut(pending, server_broke_off_));
  finish_front();
}

void Connection::finish_all(std::optional<Note> note) {
  while (!open_.empty()) finish_cut_front(note);
}

// The end of a body without a length is that of the connection, where it was seen (RFC 9112 §8).
void Connection::end_of_responses(std::int64_t time_ns) {
  if (mode_ != Mode::kHttp) return;
  if (PendingExchange* pending = awaiting_response(); pending != nullptr && response_.finish_at_close()) {
    on_response_end(*pending, time_ns);
  }
}

void Connection::end(std::int64_t time_ns) {
  settle();
  if (response_direction_ == TR_OUT && !std::exchange(responses_ended_, true)) end_of_responses(time_ns);
  close(time_ns);
}

void Connection::close(std::int64_t time_ns) {
  settle();
  if (closed_) return;
  closed_ = true;
  pass_over_joining();
  leave_out_unconfirmed();
  if (next_seq_ == 0 && !carries_tls_) count_silence();
  if (!request_.unfinished_head().empty()) {
    opaque_[request_direction_].start("head cut by close");
    unfinished_to_opaque(request_direction_, request_.unfinished_head(), time_ns);
  }
  if (!response_.unfinished_head().empty()) {
    opaque_[response_direction_].start("head cut by close");
    unfinished_to_opaque(response_direction_, response_.unfinished_head(), time_ns);
  }
  finish_all({});
  opaque_[TR_IN].flush(opaque_origin(TR_IN));
  opaque_[TR_OUT].flush(opaque_origin(TR_OUT));
}

void Connection::end_with_process(std::int64_t time_ns) {
  settle();  // it may say that the peer had left before
  if (response_direction_ == TR_OUT && !responses_ended_) server_broke_off_ = true;
  close(time_ns);
}

// No request was read of it.
void Connection::count_silence() {
  const auto speaks = [this](std::string_view reason) {
    return opaque_[TR_IN].reason() == reason || opaque_[TR_OUT].reason() == reason;
  };
  if (has_unseen_request_) return;
  if (mode_ == Mode::kUnsynced && passed_over_ && row_.open_before) return sink_.count_no_request();
  const bool is_opaque = opaque_[TR_IN].active() || opaque_[TR_OUT].active();
  if (mode_ == Mode::kHttp && is_opaque && !speaks("http/2") && !speaks("tls")) sink_.count_not_http();
}

// ---- what is not HTTP/1

OpaqueStream::Origin Connection::opaque_origin(tr_direction direction) {
  return {sink_, row_, row_stored_, direction == request_direction_};
}

// The bytes of a head that never became whole were taken before: their position is the one where the head began.
void Connection::unfinished_to_opaque(tr_direction direction, std::string_view gathered, std::int64_t time_ns) {
  taken_[direction] -= gathered.size();
  append_opaque(direction, gathered, time_ns);
}

void Connection::append_opaque(tr_direction direction, std::string_view bytes, std::int64_t time_ns) {
  const std::uint64_t position = std::exchange(taken_[direction], taken_[direction] + bytes.size());
  if (opaque_[direction].reason() != std::string_view(kUpgraded)) sink_.count_unread(bytes.size());
  opaque_[direction].append(bytes, position, time_ns, opaque_origin(direction));
}

}  // namespace tracerec::record
