#include "replay/player.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "base/text.h"

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;

constexpr auto kWatchInterval = std::chrono::milliseconds(100);

// What is under way when the user stops may take this much longer.
constexpr auto kStopGrace = std::chrono::seconds(1);

std::size_t connection_limit(const ReplayOptions& options, const RecordingShape& shape) {
  if (options.max_connections != 0) return options.max_connections;
  return options.pace == Pace::kMax ? std::max<std::size_t>(1, shape.peak_connections) : SIZE_MAX;
}

}  // namespace

Player::Player(asio::io_context& io, ReplayContext& context, const RunStates& states, const RecordingShape& shape,
               const ReplayControl& control)
    : io_(io),
      context_(context),
      states_(states),
      control_(control),
      max_connections_(connection_limit(context.options, shape)),
      end_ns_(planned_end_ns(context.options, shape)),
      watch_timer_(io) {}

Result<void> Player::run() {
  watch();
  const Result<void> listed = context_.source.for_each_connection([this](const schema::ConnectionSpan& span) {
    start_or_skip(span);
    return true;
  });
  if (!listed) states_.front()->fail(listed.error().message);
  all_started_ = true;
  while (!sessions_.empty()) run_a_while();
  watch_timer_.cancel();
  report();
  if (std::string message = error(); !message.empty()) return Error{std::move(message)};
  return {};
}

bool Player::stopping() const {
  return std::any_of(states_.begin(), states_.end(), [](const auto& state) { return state->stopping; });
}

std::string Player::error() const {
  for (const auto& state : states_) {
    if (!state->error.empty()) return state->error;
  }
  return {};
}

std::string Player::overload() const {
  for (const auto& state : states_) {
    if (state->overload.hopeless()) return state->overload.reason();
  }
  return {};
}

bool Player::file_is_full() const {
  const std::uint64_t limit = context_.options.max_file_bytes;
  return limit != UINT64_MAX && context_.file_bytes && context_.file_bytes() >= limit;
}

void Player::give_up(std::string why, const char* skip_key) {
  gave_up_ = std::move(why);
  for (const auto& state : states_) state->skip_key = skip_key;
  stop(steady_now() + kStopGrace);
}

// Sessions that can do nothing now. They hold no place among the connections that may be open at once.
std::size_t Player::waiting() const {
  std::size_t waiting = context_.alternation != nullptr ? context_.alternation->waiting() : 0;
  for (const auto& state : states_) waiting += state->causality.waiting();
  return waiting;
}

// Until something happens that may let another connection be opened: a session ends or begins to wait, the pacer's
// alarm rings, the watch looks. Not event by event with run_one, which gives back the memory of coroutines each time.
void Player::run_a_while() {
  io_.restart();
  io_.run();
}

// Runs the sessions that are there until this one may join them.
void Player::start_or_skip(const schema::ConnectionSpan& span) {
  while (!stopping()) {
    // One that waits for a response on another connection must not keep that from being opened. Of two runs one sends
    // at a time on each connection, so that the limit is the same.
    if (sessions_.size() - waiting() < max_connections_ && context_.pacer.may_start(span.first_started_unix_ns)) {
      for (const auto& state : states_) start(*state, span);
      return;
    }
    run_a_while();
  }
  for (const auto& state : states_) state->ledger.skip(state->skip_key, span.exchanges);
}

void Player::start(RunState& state, const schema::ConnectionSpan& span) {
  auto session = std::make_unique<Session>(state, span);
  Session* const key = session.get();
  sessions_.emplace(key, std::move(session));
  context_.open_sessions = sessions_.size();
  asio::co_spawn(io_, key->run(),
                 [this, &state, key](const std::exception_ptr& exception) { finished(state, key, exception); });
}

void Player::finished(RunState& state, const Session* session, const std::exception_ptr& exception) {
  sessions_.erase(session);
  context_.open_sessions = sessions_.size();
  context_.wake_player();
  if (!exception) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {  // out of memory, say
    state.fail(error.what());
  }
}

void Player::watch() {
  if (control_.stop != nullptr && control_.stop->load(std::memory_order_relaxed) && !stopped_) {
    interrupted_ = true;
    stop(steady_now() + kStopGrace);
  }
  if (!stopped_) {
    if (std::string why = overload(); !why.empty()) give_up(std::move(why), kSkippedOverload);
  }
  if (!stopped_ && file_is_full()) {
    give_up("the trace file has --max-size " + format_bytes(context_.options.max_file_bytes), kSkippedMaxSize);
  }
  if (!stopped_ && !error().empty()) stop(steady_now());
  // Only in a recording whose times contradict each other.
  if (all_started_ && !sessions_.empty() && waiting() == sessions_.size()) {
    for (const auto& state : states_) state->causality.break_deadlock();
  }
  report();
  watch_timer_.expires_after(kWatchInterval);
  watch_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) watch();
  });
  context_.wake_player();
}

void Player::stop(SteadyTime deadline) {
  stopped_ = true;
  for (const auto& state : states_) state->stopping = true;
  context_.pacer.stop();
  for (const auto& state : states_) state->causality.stop();
  if (context_.alternation != nullptr) context_.alternation->stop();
  for (const auto& [key, session] : sessions_) session->end_by(deadline);
}

void Player::report() const {
  if (!control_.on_progress) return;
  Progress progress;
  progress.planned_end_ns = end_ns_;
  for (const auto& state : states_) {
    const RunLedger& ledger = state->ledger;
    progress.planned += ledger.planned();
    progress.done += ledger.sent() + ledger.skipped();
    progress.sent += ledger.sent();
    progress.failed += ledger.failed();
  }
  progress.elapsed_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(steady_now() - context_.start).count();
  control_.on_progress(progress);
}

}  // namespace tracerec::replay
