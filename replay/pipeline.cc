#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>

#include "replay/await.h"
#include "replay/plan.h"
#include "replay/rewrite.h"
#include "replay/session_parts.h"

// How this works. Requests that a client had sent without waiting are sent without waiting: one half sends each when
// its turn comes, the other reads the responses, which come in the order of the requests (RFC 9112 §9.3.2), and hands
// each to the writer. A request that depends on a response that is not there yet waits until those of the pipeline are.
// When the connection ends before all are answered, the first half stops, and what is left is replayed one by one on
// another connection: what was never sent, and what was sent and may be sent again. Tests:
// tests/replay/pipeline_test.cc.

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;
using namespace boost::asio::experimental::awaitable_operators;
using std::chrono::nanoseconds;

// Requests that are under way at once on one connection.
constexpr std::size_t kMostPipelined = 32;

bool can_be_pipelined(const schema::StoredExchange& exchange, const ReplayContext& context) {
  const bool small = exchange.request_body.body_id == 0 && !schema::is_open_ended(exchange);
  return small && context.skip_reason_of(exchange) == nullptr && !handling_of(exchange.request_head).expects_continue;
}

}  // namespace

struct Session::Slot {
  explicit Slot(schema::StoredExchange taken) : exchange(std::move(taken)) {}

  schema::StoredExchange exchange;
  Request request;
  Response response;
  bool had_turn = false;
  bool may_send = false;
  bool sent = false;
  bool answered = false;  // and stored
};

struct Session::Pipeline {
  explicit Pipeline(const asio::any_io_executor& executor) : changed(executor, SteadyTime::max()) {}

  std::vector<std::unique_ptr<Slot>> slots;
  std::size_t sent = 0;
  std::size_t answered = 0;
  bool sending_over = false;
  bool broken = false;         // nothing more comes on this connection
  asio::steady_timer changed;  // cancelled when any of these does
};

// Those that follow `first` and were sent before its response had begun, or that of the one before them.
std::vector<schema::StoredExchange> Session::rest_of_pipeline(const schema::StoredExchange& first) {
  std::vector<schema::StoredExchange> rest;
  if (context_.alternation != nullptr) return rest;  // two runs alternate one by one
  while (rest.size() + 1 < kMostPipelined) {
    const schema::StoredExchange* next = peek();
    const schema::StoredExchange& before = rest.empty() ? first : rest.back();
    if (next == nullptr || !was_pipelined(before, *next)) break;
    if (!can_be_pipelined(before, context_) || !can_be_pipelined(*next, context_)) break;
    rest.push_back(std::move(ahead_[next_++]));
  }
  return rest;
}

Task<void> Session::replay_pipeline(schema::StoredExchange first, std::vector<schema::StoredExchange> rest) {
  Pipeline pipe(context_.io.get_executor());
  pipe.slots.push_back(std::make_unique<Slot>(std::move(first)));
  for (schema::StoredExchange& one : rest) pipe.slots.push_back(std::make_unique<Slot>(std::move(one)));
  pipelined_ = true;
  co_await (send_pipelined(pipe) && receive_pipelined(pipe));
  pipelined_ = false;
  idle_since_ns_ = received_ns_;
  if (pipe.broken) stream_.reset();
  reused_ = stream_ != nullptr;
  if (stream_) stream_->set_deadline(SteadyTime::max());
  for (const auto& slot : pipe.slots) {
    if (!slot->answered) co_await resend_unanswered(*slot);
  }
}

Task<void> Session::send_pipelined(Pipeline& pipe) {
  for (const auto& slot : pipe.slots) {
    if (!state_.causality.is_ready(slot->exchange.id)) {
      while (pipe.answered < pipe.sent && !pipe.broken) co_await pipe.changed.async_wait(kAwait);
    }
    if (pipe.broken) break;
    const Readiness ready = co_await get_ready(slot->exchange, slot->request, slot->response);
    slot->had_turn = ready != Readiness::kStopped;
    slot->may_send = ready == Readiness::kMaySend;
    if (!slot->may_send || pipe.broken) break;
    if (pipe.sent == 0 && is_stale(slot->response.row.sent_ns)) slot->may_send = co_await connect(slot->response);
    if (!slot->may_send) break;
    slot->response.deadline = steady_now() + nanoseconds(context_.options.timeout_ns);
    slot->response.row.sent_ns = ns_now();
    slot->sent = true;
    ++pipe.sent;
    pipe.changed.cancel();
    if (co_await stream_->send(slot->request.head, slot->request.first_piece) != Io::kDone) break;
  }
  pipe.sending_over = true;
  pipe.changed.cancel();
}

Task<void> Session::receive_pipelined(Pipeline& pipe) {
  for (std::size_t i = 0; i < pipe.slots.size() && !pipe.broken; ++i) {
    Slot& slot = *pipe.slots[i];
    while (!slot.sent && !pipe.sending_over) co_await pipe.changed.async_wait(kAwait);
    if (!slot.sent) break;
    const std::int64_t first_byte_ns = context_.options.first_byte_timeout_ns;
    const SteadyTime first_byte = steady_now() + nanoseconds(first_byte_ns);
    set_deadline(first_byte_ns != 0 ? std::min(slot.response.deadline, first_byte) : slot.response.deadline);
    co_await receive_all(slot.request, slot.response);
    slot.answered = slot.response.row.failure.empty();
    const bool unasked = !leftover_.empty() && (i + 1 == pipe.slots.size() || !pipe.slots[i + 1]->sent);
    if (unasked) slot.response.surplus_bytes = leftover_.size();
    pipe.broken = !slot.answered || !slot.response.keeps_alive || !slot.request.keeps_alive || unasked;
    if (slot.answered) co_await store(slot.request, slot.response);
    pipe.answered += slot.answered;
    pipe.changed.cancel();
  }
  leftover_ = {};
  if (pipe.broken && stream_) stream_->set_deadline(steady_now());  // ends a send that is under way
}

// On a connection of its own if need be. What had its response begun, or may have had an effect, is not sent again.
Task<void> Session::resend_unanswered(Slot& slot) {
  if (!slot.had_turn) {
    co_await replay_one(slot.exchange);
    co_return;
  }
  std::string& failure = slot.response.row.failure;
  if (slot.sent) {
    const bool lost = failure.empty() || failure == "connection_closed";
    const bool again = lost && !slot.response.any_bytes && slot.request.idempotent && !state_.stopping;
    if (failure.empty()) failure = state_.stopping ? "interrupted" : "connection_closed";
    if (!again) {
      co_await store(slot.request, slot.response);
      co_return;
    }
    failure.clear();
  }
  if (state_.stopping) co_return;  // never sent: skipped
  if (slot.may_send && !stream_) slot.may_send = co_await connect(slot.response);
  if (slot.may_send) co_await attempt(slot.request, slot.response);
  settle(slot.request, slot.response);
  co_await store(slot.request, slot.response);
}

}  // namespace tracerec::replay
