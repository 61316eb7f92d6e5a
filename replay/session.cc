#include "replay/session.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/text.h"
#include "replay/await.h"
#include "replay/session_parts.h"
#include "replay/time_shift.h"

// How this works. For each exchange: read it from the trace, decide, get ready (connect), wait for its turn, send, read
// the response to its end, hand it to the writer, count it. A request is one gather write when its body is small; a
// large body is sent piece by piece while the response is read, because servers respond before they have read
// everything (413, echo services) and would otherwise wait for us as we wait for them. A large response goes to the
// writer piece by piece as well. Everything that can go wrong with one exchange becomes its failure; only the trace
// file ends the run. Tests: tests/replay/player_test.cc, tests/replay/fault_test.cc.

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;
using namespace boost::asio::experimental::awaitable_operators;
using std::chrono::nanoseconds;

// Requests that are read from the trace before their turn: of all connections together, and of one.
constexpr std::size_t kReadAhead = 1024;
constexpr std::size_t kMostAhead = 32;

// Above this a response's body goes to the writer in pieces of that size.
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

// How long a request that expects 100 Continue waits for it (RFC 9110 §10.1.1: not for ever).
constexpr auto kContinueGrace = std::chrono::seconds(1);

// How long a target may go on reading a request that it has answered already.
constexpr auto kEarlyResponseGrace = std::chrono::seconds(1);

// Servers close idle connections, some after a 408 that must not be taken for the next response. A connection that was
// idle for as long as that takes to arrive is looked at before it is used again.
constexpr std::int64_t kIdleCheckNs = 50'000'000;

// The queue of the writer is full: the disk is slower than the target.
constexpr auto kQueueRetry = std::chrono::milliseconds(1);

// A value that it needs is missing; nothing was sent.
constexpr const char* kUnresolved = "unresolved";

// A client would take them for the next response.
constexpr const char* kSurplusBytes = "surplus_bytes";

// A server that closes an idle connection may say so unasked (RFC 9110 §15.5.9).
bool is_timeout_message(std::string_view bytes) {
  constexpr std::string_view kVersion = "HTTP/1.";
  return bytes.starts_with(kVersion) && bytes.substr(std::min(bytes.size(), kVersion.size() + 1)).starts_with(" 408");
}

const char* failure_of(Io io) {
  switch (io) {
    case Io::kTimeout:
      return "timeout";
    case Io::kClosed:
      return "connection_closed";
    case Io::kTls:
      return "tls";
    case Io::kDone:
    case Io::kFailed:
      break;
  }
  return "io";
}

}  // namespace

Session::Session(RunState& state, const schema::ConnectionSpan& span)
    : state_(state), context_(state.context), span_(span), single_(std::make_unique<Single>()) {}
Session::~Session() = default;

Task<void> Session::run() {
  co_await replay_all();
  announce_ready();
  stream_.reset();
  if (state_.stopping) state_.ledger.skip(state_.skip_key, span_.exchanges - accounted_);
}

void Session::end_by(SteadyTime deadline) {
  latest_deadline_ = deadline;
  if (stream_) stream_->set_deadline(deadline);
}

Task<void> Session::replay_all() {
  while (!state_.stopping && peek() != nullptr) {
    schema::StoredExchange exchange = std::move(ahead_[next_++]);
    if (const char* reason = context_.skip_reason_of(exchange)) {
      state_.ledger.skip(reason);
      state_.causality.skipped(exchange.id);
      ++accounted_;
    } else if (auto rest = rest_of_pipeline(exchange); !rest.empty()) {
      co_await replay_pipeline(std::move(exchange), std::move(rest));
    } else {
      co_await replay_one(exchange);
    }
  }
}

// The next one, read when it is not there yet; nullptr: there is none, or the trace cannot be read.
const schema::StoredExchange* Session::peek() {
  if (next_ == ahead_.size() && !read_ahead()) return nullptr;
  return &ahead_[next_];
}

// Fewer at a time when many connections are open, so that memory does not follow their number. False: there are no
// more, or the trace cannot be read.
bool Session::read_ahead() {
  if (all_read_) return false;
  const std::size_t share = kReadAhead / std::max<std::size_t>(1, context_.open_sessions);
  const std::size_t wanted = std::clamp<std::size_t>(share, 1, kMostAhead);
  auto found = context_.source.next_requests(span_.connection_id, last_seq_, wanted);
  next_ = 0;
  ahead_.clear();
  if (!found) {
    state_.fail(found.error().message);
    return false;
  }
  ahead_ = std::move(*found);
  all_read_ = ahead_.size() < wanted;
  if (!ahead_.empty()) last_seq_ = ahead_.back().seq;
  return !ahead_.empty();
}

Task<void> Session::replay_one(const schema::StoredExchange& exchange) {
  Request& request = single_->request;
  Response& response = single_->response;
  request = {};
  response.reset();
  const Readiness ready = co_await get_ready(exchange, request, response);
  if (ready == Readiness::kStopped) co_return;
  if (ready == Readiness::kMaySend) co_await send_and_retry(request, response);
  settle(request, response);
  co_await store(request, response);
}

Task<Session::Readiness> Session::get_ready(const schema::StoredExchange& exchange, Request& request,
                                            Response& response) {
  if (!context_.pacer.may_prepare(exchange.started_unix_ns)) co_await context_.pacer.prepare(exchange.started_unix_ns);
  if (state_.stopping) co_return Readiness::kStopped;
  response.row.run_id = state_.run_id;
  response.row.exchange_id = exchange.id;
  bool connected = stream_ != nullptr;
  if (!connected) connected = co_await connect(response);
  if (context_.alternation == nullptr || Alternation::leads(state_.side, exchange.id)) announce_ready();
  if (!state_.causality.is_ready(exchange.id)) {
    context_.wake_player();
    co_await state_.causality.wait(context_.io.get_executor(), exchange.id);
  }
  if (state_.stopping || !load_request(exchange, request)) co_return Readiness::kStopped;
  response.keeps_response = state_.causality.produces(exchange.id);
  const bool may_send = put_values(request, response);
  if (context_.alternation == nullptr) {
    const auto at_once = context_.pacer.turn_at_once(exchange.started_unix_ns);
    response.row.intended_ns = at_once ? *at_once : co_await context_.pacer.turn(exchange.started_unix_ns);
  } else {
    response.row.intended_ns = co_await paired_turn(exchange);
  }
  if (state_.stopping) co_return Readiness::kStopped;
  response.row.sent_ns = ns_now();
  state_.overload.sent(response.row.sent_ns, response.row.sent_ns - response.row.intended_ns);
  state_.causality.sending(exchange.id);
  co_return connected&& may_send ? Readiness::kMaySend : Readiness::kMustNotSend;
}

// Waits for its time in the schedule or, when the other run sends it first, until that is over. That is when it should
// be sent then, so that its latency is not mutated by the wait.
Task<std::int64_t> Session::paired_turn(const schema::StoredExchange& exchange) {
  Alternation* const alternation = context_.alternation;
  if (last_replayed_ != 0 && alternation->keeps_step(state_.side, last_replayed_))
    (void)co_await partner_is_over(last_replayed_);
  if (Alternation::leads(state_.side, exchange.id)) co_return co_await context_.pacer.turn(exchange.started_unix_ns);
  const std::int64_t at_ns = co_await partner_is_over(exchange.id);
  // Without a schedule a request is due when its connection is ready for it.
  co_return context_.options.pace == Pace::kMax ? ns_now() : at_ns;
}

// Gives the time when it was.
Task<std::int64_t> Session::partner_is_over(schema::RowId exchange) {
  Alternation& alternation = *context_.alternation;
  if (const auto at_ns = alternation.take(state_.side, exchange)) co_return *at_ns;
  asio::steady_timer timer(context_.io, SteadyTime::max());
  alternation.wait(state_.side, exchange, [&timer] { timer.cancel(); });
  context_.wake_player();
  (void)co_await timer.async_wait(kAwait);
  co_return alternation.take(state_.side, exchange).value_or(0);
}

bool Session::load_request(const schema::StoredExchange& exchange, Request& request) {
  request.exchange = &exchange;
  request.head = rewrite_head(exchange.request_head, state_.rewrite);
  const Handling handling = handling_of(request.head);
  request.keeps_alive = handling.keeps_alive;
  request.idempotent = is_idempotent(exchange.method);
  request.expects_continue = exchange.request_body.captured_bytes > 0 && handling.expects_continue;
  request.first_piece = exchange.request_body.bytes;
  if (!load_wanted_events(exchange, request)) return false;
  if (exchange.request_body.body_id == 0) return true;
  auto piece = context_.reader.next_body_piece(exchange.request_body, -1);
  if (!piece) {
    state_.fail(piece.error().message);
    return false;
  }
  if (!*piece) return true;
  request.first_seq = (*piece)->seq;
  request.stored_piece = std::move((*piece)->bytes);
  request.first_piece = request.stored_piece;
  request.has_more = request.first_piece.size() < exchange.request_body.captured_bytes;
  return true;
}

bool Session::load_wanted_events(const schema::StoredExchange& exchange, Request& request) {
  request.is_open_ended = schema::is_open_ended(exchange);
  if (!request.is_open_ended) return true;
  const auto events = recorded_events(context_.reader, exchange.id);
  if (!events) state_.fail(events.error().message);
  request.wanted_events = events ? *events : 0;
  return events.has_value();
}

// As far as it is looked at.
std::string Session::whole_body(const Request& request) {
  const schema::StoredBody& body = request.exchange->request_body;
  if (!request.has_more || body.captured_bytes > kMaxContentBytes) return std::string(request.first_piece);
  auto whole = context_.reader.load_body(body, kMaxContentBytes);
  if (whole) return std::move(*whole);
  state_.fail(whole.error().message);
  return std::string(request.first_piece);
}

// Another message is sent in the place of the recorded one.
void Session::use(Request& request, Message message) const {
  request.head = rewrite_head(message.head, state_.rewrite);
  if (request.has_more && request.exchange->request_body.captured_bytes > kMaxContentBytes) return;
  request.stored_piece = std::move(message.body);
  request.first_piece = request.stored_piece;
  request.has_more = false;
}

// The request with times of the replay; nothing: it has none to move. What takes its value from a response stays.
std::optional<Message> Session::shift(const schema::StoredExchange& exchange, std::string_view body,
                                      std::vector<schema::Substitution>& rows) {
  const ShiftRules rules = shift_rules(context_.options, {exchange.started_unix_ns, context_.clock.unix_ns()});
  std::string buffer;
  // Of a longer body only the first piece is here.
  const bool is_whole = exchange.request_body.captured_bytes <= kMaxContentBytes;
  const auto decoded = content_of(exchange.request_head, body, true, buffer);
  const std::string_view content = is_whole && decoded ? *decoded : std::string_view{};
  Shifted found = find_shifted(exchange.request_head, content, rules, [&](const std::string& location) {
    return state_.causality.is_carried(exchange.id, location);
  });
  if (found.replacements.empty()) return std::nullopt;
  auto message = with_replacements(exchange.request_head, body, content, std::move(found.replacements));
  if (!message) return std::nullopt;
  for (ShiftedValue& value : found.values) {
    ++(value.is_token ? state_.signed_tokens : state_.shifted_times);
    rows.push_back({std::move(value.location), exchange.id, value.is_token ? kSignedAgain : kShiftedTime, true});
  }
  return std::move(*message);
}

// The times of the recording become those of the replay, and the values that came from earlier responses those of the
// target. False: one is missing, so it is not sent.
bool Session::put_values(Request& request, Response& response) {
  const schema::StoredExchange& exchange = *request.exchange;
  const bool carries = state_.causality.has_edges(exchange.id);
  if (!shifts(context_.options) && !carries) return true;
  std::string body = whole_body(request);
  std::vector<schema::Substitution> shifted_rows;
  auto shifted = shifts(context_.options) ? shift(exchange, body, shifted_rows) : std::nullopt;
  Causality::Request filled;
  if (carries && shifted) {
    schema::StoredExchange moved = exchange;
    moved.request_head = shifted->head;
    filled = state_.causality.prepare(moved, shifted->body);
  } else if (carries) {
    filled = state_.causality.prepare(exchange, body);
  }
  auto& rows = filled.substitutions.rows;
  rows.insert(rows.end(), shifted_rows.begin(), shifted_rows.end());
  response.substitutions = {state_.run_id, exchange.id, std::move(rows)};
  if (!filled.resolved && response.row.failure.empty()) response.row.failure = kUnresolved;
  if (filled.changed) {
    use(request, std::move(filled.message));
  } else if (shifted && filled.resolved) {
    use(request, std::move(*shifted));
  }
  return filled.resolved;
}

Task<bool> Session::connect(Response& response) {
  reused_ = false;
  stream_ = state_.transport.make_stream();
  const ReplayOptions& options = context_.options;
  const std::int64_t limit_ns = options.connect_timeout_ns != 0 ? options.connect_timeout_ns : options.timeout_ns;
  set_deadline(steady_now() + nanoseconds(limit_ns));
  ConnectFailure failure = co_await stream_->connect();
  idle_since_ns_ = ns_now();
  if (failure.reason.empty()) {
    stream_->set_deadline(SteadyTime::max());
    co_return true;
  }
  response.row.failure = std::move(failure.reason);
  response.failure_detail = std::move(failure.message);
  stream_.reset();
  co_return false;
}

// A server may close a kept connection at any moment. When nothing of a response came, a request that may be sent twice
// is sent again on a new connection (RFC 9110 §9.2.2), once.
Task<void> Session::send_and_retry(const Request& request, Response& response) {
  if (is_stale(response.row.sent_ns)) {
    if (!co_await connect(response)) co_return;
  }
  const bool may_retry = reused_ && request.idempotent;
  co_await attempt(request, response);
  if (!may_retry || response.any_bytes || response.row.failure != "connection_closed") co_return;
  response.row.failure.clear();
  if (co_await connect(response)) co_await attempt(request, response);
}

// The connection was idle for a while, and the peer has closed it.
bool Session::is_stale(std::int64_t now_ns) const {
  return now_ns - idle_since_ns_ >= kIdleCheckNs && stream_->is_stale();
}

Task<void> Session::attempt(const Request& request, Response& response) {
  const SteadyTime now = steady_now();
  const ReplayOptions& options = context_.options;
  response.deadline = now + nanoseconds(options.timeout_ns);
  const auto first_byte = now + nanoseconds(options.first_byte_timeout_ns);
  set_deadline(options.first_byte_timeout_ns != 0 ? std::min(response.deadline, first_byte) : response.deadline);
  response.row.sent_ns = ns_at(now);
  if (request.expects_continue) {
    asio::steady_timer go_ahead(context_.io, kContinueGrace);
    response.go_ahead = &go_ahead;
    response.may_go_ahead = false;
    (void)co_await (send_all(request, response) && receive_all(request, response));
    response.go_ahead = nullptr;
    co_return;
  }
  if (request.has_more) {
    (void)co_await (send_all(request, response) && receive_all(request, response));
    co_return;
  }
  const Io io = co_await stream_->send(request.head, request.first_piece);
  if (io == Io::kTimeout) {
    response.row.failure = failure_of(io);
    co_return;
  }
  co_await receive_all(request, response);  // after a failed write, too: the response may have come before the close
}

Task<Io> Session::send_all(const Request& request, Response& response) {
  Io io = Io::kDone;
  if (response.go_ahead != nullptr) {
    io = co_await stream_->send(request.head, {});
    if (io == Io::kDone && !response.may_go_ahead) co_await response.go_ahead->async_wait(kAwait);
    if (io == Io::kDone && !response.ended) io = co_await stream_->send(request.first_piece, {});
  } else {
    io = co_await stream_->send(request.head, request.first_piece);
  }
  std::int64_t seq = request.first_seq;
  while (request.has_more && io == Io::kDone && !response.ended) {
    const auto piece = context_.reader.next_body_piece(request.exchange->request_body, seq);
    if (!piece) state_.fail(piece.error().message);
    if (!piece || !*piece) break;
    seq = (*piece)->seq;
    io = co_await stream_->send((*piece)->bytes, {});
  }
  const bool all_sent = io == Io::kDone && !response.ended;
  if (!all_sent) response.keeps_alive = false;
  co_return io;
}

Task<void> Session::receive_all(const Request& request, Response& response) {
  parser_.reset(request.exchange->method);
  std::string_view bytes = std::exchange(leftover_, {});
  if (!bytes.empty()) {
    response.any_bytes = true;
    response.row.ttfb_ns = received_ns_ - response.row.sent_ns;
  }
  while (!response.ended && !response.is_enough && response.row.failure.empty()) {
    const http::Step step = parser_.next(bytes);
    const std::string_view taken = cut_at_limit(bytes.substr(0, step.consumed), response);
    bytes.remove_prefix(step.consumed);
    if (step.part == http::Part::kHead) {
      if (response.row.failure.empty()) take_head(response);  // else it is longer than --max-response by itself
      if (request.is_open_ended && !response.interim) begin_stream(request, response);
    } else if (step.part == http::Part::kBody) {
      take_body(response, taken);
      if (response.events) look_at_events(request, taken, response);
      if (response.body.size() >= kPieceBytes && !response.stored.holds()) co_await hand_over_piece(response);
    } else if (step.part == http::Part::kError) {
      response.row.failure = "bad_response";
      response.failure_detail = parser_.error();
    } else if (step.part == http::Part::kEnd && response.interim) {
      parser_.reset(request.exchange->method);
      response.row.ttfb_ns = -1;
    } else if (step.part == http::Part::kEnd) {
      response.ended = true;
    } else if (response.row.failure.empty() && !take_received(co_await stream_->receive(), response, bytes)) {
      break;
    }
    // An interim response and the final one may arrive in one read.
    if (response.row.ttfb_ns < 0 && !bytes.empty()) response.row.ttfb_ns = received_ns_ - response.row.sent_ns;
  }
  response.row.duration_ns = response.ended ? received_ns_ - response.row.sent_ns : -1;
  if (response.go_ahead != nullptr) response.allow();
  if (response.is_enough) {
    response.keeps_alive = false;
  } else if (pipelined_) {
    leftover_ = bytes;
  } else if (!bytes.empty()) {
    response.keeps_alive = false;
    if (!is_timeout_message(bytes)) response.surplus_bytes = bytes.size();
  }
  if (request.has_more) set_deadline(steady_now() + kEarlyResponseGrace);
}

// False: there is no more to come. Then the message has ended by that, or it failed.
bool Session::take_received(const Received& received, Response& response, std::string_view& bytes) {
  received_ns_ = ns_now();
  if (received.io == Io::kDone) {
    if (!std::exchange(response.any_bytes, true)) set_deadline(response.deadline);
    bytes = received.bytes;
    return true;
  }
  if (received.io == Io::kTimeout && response.events && !state_.stopping) {
    response.is_enough = true;
  } else if (received.io == Io::kClosed && parser_.finish_at_close()) {
    response.ended = true;
    response.keeps_alive = false;
  } else {
    response.row.failure = failure_of(received.io);
    response.failure_detail = received.message;
  }
  return false;
}

// A target may send without end: what of the next bytes is within --max-response. With more the response has failed.
std::string_view Session::cut_at_limit(std::string_view bytes, Response& response) {
  const std::uint64_t limit = context_.options.max_response_bytes;
  const std::uint64_t room = limit - response.received_bytes;
  response.received_bytes += std::min<std::uint64_t>(bytes.size(), room);
  if (bytes.size() <= room) return bytes;
  response.row.failure = "too_long";
  response.failure_detail = "more than " + format_bytes(limit);
  return bytes.substr(0, room);
}

void Session::take_head(Response& response) {
  const http::HeadFacts& facts = parser_.facts();
  response.interim = facts.status >= 100 && facts.status < 200 && !parser_.switches_protocol();
  if (response.go_ahead != nullptr && (!response.interim || facts.status == 100)) response.allow();
  if (response.interim) return note_interim(facts.status, response);
  response.row.status = facts.status;
  response.row.response_head = parser_.head_bytes();
  if (context_.options.secrets) response.stored = context_.options.secrets->begin(response.row.response_head);
  response.keeps_alive = facts.keep_alive && !parser_.switches_protocol();
}

// From here on the response may take --stream-for.
void Session::begin_stream(const Request& request, Response& response) {
  response.events.emplace(response.row.response_head);
  response.deadline = steady_now() + nanoseconds(context_.options.stream_for_ns);
  set_deadline(response.deadline);
  look_at_events(request, {}, response);
}

void Session::look_at_events(const Request& request, std::string_view bytes, Response& response) {
  response.events->add(bytes);
  const auto count = response.events->count();
  response.is_enough = count && *count >= request.wanted_events;
}

// A target may send interim responses without end: the first ones are kept (RFC 9110 §15.2).
void Session::note_interim(int status, Response& response) {
  std::string& codes = response.row.interim;
  if (response.interim_count++ >= schema::kMaxInterimCodes) return;
  codes += (codes.empty() ? "" : " ") + std::to_string(status);
}

void Session::take_body(Response& response, std::string_view bytes) {
  response.row.response_body.wire_bytes += bytes.size();
  if (response.stored.guard == nullptr) {
    response.body += bytes;
    return;
  }
  if (response.keeps_response && response.kept.size() <= kMaxProducerBytes) response.kept += bytes;
  response.stored.guard->append(bytes, response.body);
}

Task<void> Session::hand_over_piece(Response& response) {
  const bool is_kept = response.stored.guard != nullptr;  // by take_body()
  if (response.keeps_response && !is_kept && response.kept.size() <= kMaxProducerBytes) response.kept += response.body;
  if (response.stream_key == 0) response.stream_key = context_.next_stream_key++;
  schema::Command part = schema::BodyPart{response.stream_key, std::exchange(response.body, {})};
  (void)co_await submit(part);
}

// What becomes of the connection.
void Session::settle(const Request& request, const Response& response) {
  const bool never_sent = response.row.failure == kUnresolved;
  const bool usable = never_sent || (response.row.failure.empty() && response.keeps_alive && request.keeps_alive);
  if (!usable) stream_.reset();
  if (!never_sent) {
    reused_ = usable;
    idle_since_ns_ = received_ns_;
  }
  if (stream_) stream_->set_deadline(SteadyTime::max());
}

Task<void> Session::store(const Request& request, Response& response) {
  if (state_.stopping && response.row.failure == "timeout") response.row.failure = "interrupted";
  tell_values(response);
  replace_secrets(response);
  if (response.surplus_bytes > 0 && response.row.failure.empty()) {
    response.row.failure = kSurplusBytes;
    response.failure_detail = std::to_string(response.surplus_bytes) + " bytes after the end of the response";
  }
  last_replayed_ = response.row.exchange_id;
  if (context_.alternation != nullptr) context_.alternation->over(state_.side, last_replayed_, ns_now());
  schema::BodyIn& body = response.row.response_body;
  if (response.stream_key != 0 && !response.body.empty()) {
    schema::Command part = schema::BodyPart{response.stream_key, std::exchange(response.body, {})};
    (void)co_await submit(part);
  }
  body.stream_key = response.stream_key;
  body.bytes.swap(response.body);
  count(request, response);
  if (!context_.store.submit(std::move(response.command))) (void)co_await submit(response.command);
  if (response.substitutions.rows.empty()) co_return;
  schema::Command substitutions = std::move(response.substitutions);
  (void)co_await submit(substitutions);
}

// To those that wait for this response.
void Session::tell_values(Response& response) {
  const schema::Response& row = response.row;
  const bool answered = row.failure.empty();
  const bool is_guarded = response.stored.guard != nullptr;
  const bool in_pieces = !response.kept.empty() && !is_guarded;
  if (in_pieces) response.kept += response.body;
  state_.causality.done(row.exchange_id, answered ? std::string_view(row.response_head) : std::string_view{},
                        in_pieces || is_guarded ? response.kept : response.body);
  response.kept = {};
}

// In what is stored; those that wait for the response have been told by now.
void Session::replace_secrets(Response& response) {
  ResponseSecrets* const secrets = context_.options.secrets.get();
  schema::Response& row = response.row;
  if (secrets == nullptr || row.response_head.empty()) return;
  secrets->finish(response.stored, response.ended, {response.body, row.response_body.wire_bytes});
  row.response_head = std::move(response.stored.head);
  const ResponseSecrets::Counts counts = secrets->take_counts();
  state_.secrets.replaced += counts.replaced;
  state_.secrets.withheld += counts.withheld;
  state_.secrets.reencoded += counts.reencoded;
}

void Session::count(const Request& request, const Response& response) {
  const schema::Response& row = response.row;
  ++accounted_;
  state_.ledger.send();
  state_.open_ended += request.is_open_ended;
  state_.schedule_error.add(row.sent_ns - row.intended_ns);
  if (!row.failure.empty()) {
    state_.failures.add(row.failure, response.failure_detail, row.exchange_id);
    return state_.ledger.fail(row.failure, request.bytes());
  }
  look_at_status(*request.exchange, row.status);
  state_.ledger.succeed(request.bytes(), row.response_head.size() + row.response_body.wire_bytes);
  state_.ttfb.add(row.ttfb_ns);
  if (response.is_enough) return;  // it took as long as we wanted
  state_.latency.add(row.duration_ns);
  state_.stalls.add(row.ttfb_ns, row.duration_ns);
  state_.intended_latency.add(row.sent_ns - row.intended_ns + row.duration_ns);
}

// Whether the response has a cause that is known before anybody looks at it.
void Session::look_at_status(const schema::StoredExchange& exchange, int status) {
  const bool succeeded = exchange.status >= 200 && exchange.status < 300;
  const bool refused = status == 401 || status == 403;  // RFC 9110 §15.5.2, §15.5.4
  if (refused && succeeded && context_.outlook != nullptr &&
      context_.outlook->preflight.without_credential().contains(exchange.id))
    state_.refused_credentials.add(exchange.id);
  if (status == 400 && exchange.status != 400) ++state_.bad_requests;
  const bool created = exchange.method == "POST" && (exchange.status == 200 || exchange.status == 201);
  if (created && (status == 409 || status == 422)) state_.conflicts.add(exchange.id);
}

// The replay may become slower, but nothing is dropped. False: the writer has failed, and the run with it.
// By reference: GCC 12 destroys a temporary argument of a coroutine that is awaited in the same expression twice.
Task<bool> Session::submit(schema::Command& command) {
  while (!context_.store.submit(std::move(command))) {  // NOLINT(bugprone-use-after-move): a refused one stays here
    const std::string error = context_.store.error();
    if (!error.empty()) {
      state_.fail(error);
      co_return false;
    }
    asio::steady_timer timer(context_.io, kQueueRetry);
    co_await timer.async_wait(kAwait);
  }
  co_return true;
}

void Session::set_deadline(SteadyTime deadline) {
  if (stream_) stream_->set_deadline(std::min(deadline, latest_deadline_));
}

std::int64_t Session::ns_at(SteadyTime time) const {
  return std::chrono::duration_cast<nanoseconds>(time - context_.start).count();
}

std::int64_t Session::ns_now() const {
  return ns_at(steady_now());
}

void Session::announce_ready() {
  if (!std::exchange(ready_announced_, true)) context_.pacer.is_ready(span_.first_started_unix_ns);
}

}  // namespace tracerec::replay
