#include "replay/player.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

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

Player::Player(asio::io_context& io, Stage& stage, const Plays& plays, const RecordingShape& shape,
               const ReplayControl& control)
    : io_(io),
      stage_(stage),
      plays_(plays),
      control_(control),
      max_connections_(connection_limit(stage.options, shape)),
      end_ns_(planned_end_ns(stage.options, shape)),
      watch_timer_(io) {}

Result<void> Player::run() {
  watch();
  const Result<void> listed = stage_.script.for_each_connection([this](const schema::ConnectionSpan& span) {
    start_or_skip(span);
    return true;
  });
  if (!listed) plays_.front()->fail(listed.error().message);
  all_started_ = true;
  while (!sessions_.empty()) run_a_while();
  watch_timer_.cancel();
  report();
  if (std::string message = error(); !message.empty()) return Error{std::move(message)};
  return {};
}

bool Player::stopping() const {
  return std::any_of(plays_.begin(), plays_.end(), [](const auto& play) { return play->stopping; });
}

std::string Player::error() const {
  for (const auto& play : plays_) {
    if (!play->error.empty()) return play->error;
  }
  return {};
}

std::string Player::gave_up() const {
  for (const auto& play : plays_) {
    if (play->overload.hopeless()) return play->overload.reason();
  }
  return {};
}

// Sessions that can do nothing now. They hold no place among the connections that may be open at once.
std::size_t Player::waiting() const {
  std::size_t waiting = stage_.turns != nullptr ? stage_.turns->waiting() : 0;
  for (const auto& play : plays_) waiting += play->causality.waiting();
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
    // One that waits for an answer on another connection must not keep that from being opened. Of two plays one sends
    // at a time on each connection, so that the limit is the same.
    if (sessions_.size() - waiting() < max_connections_ && stage_.pacer.may_start(span.first_started_unix_ns)) {
      for (const auto& play : plays_) start(*play, span);
      return;
    }
    run_a_while();
  }
  for (const auto& play : plays_) play->ledger.skip(play->skip_key, span.exchanges);
}

void Player::start(Play& play, const schema::ConnectionSpan& span) {
  auto session = std::make_unique<Session>(play, span);
  Session* const key = session.get();
  sessions_.emplace(key, std::move(session));
  stage_.open_sessions = sessions_.size();
  asio::co_spawn(io_, key->run(),
                 [this, &play, key](const std::exception_ptr& exception) { finished(play, key, exception); });
}

void Player::finished(Play& play, const Session* session, const std::exception_ptr& exception) {
  sessions_.erase(session);
  stage_.open_sessions = sessions_.size();
  stage_.look_again();
  if (!exception) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {  // out of memory, say
    play.fail(error.what());
  }
}

void Player::watch() {
  if (control_.stop != nullptr && control_.stop->load(std::memory_order_relaxed) && !stopped_) {
    interrupted_ = true;
    stop(SteadyTime::clock::now() + kStopGrace);
  }
  if (!stopped_ && !gave_up().empty()) {
    for (const auto& play : plays_) play->skip_key = kSkippedOverload;
    stop(SteadyTime::clock::now() + kStopGrace);
  }
  if (!stopped_ && !error().empty()) stop(SteadyTime::clock::now());
  // Only in a recording whose times contradict each other.
  if (all_started_ && !sessions_.empty() && waiting() == sessions_.size()) {
    for (const auto& play : plays_) play->causality.break_deadlock();
  }
  report();
  watch_timer_.expires_after(kWatchInterval);
  watch_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) watch();
  });
  stage_.look_again();
}

void Player::stop(SteadyTime deadline) {
  stopped_ = true;
  for (const auto& play : plays_) play->stopping = true;
  stage_.pacer.stop();
  for (const auto& play : plays_) play->causality.stop();
  if (stage_.turns != nullptr) stage_.turns->stop();
  for (const auto& [key, session] : sessions_) session->hurry(deadline);
}

void Player::report() const {
  if (!control_.on_progress) return;
  Progress progress;
  progress.planned_end_ns = end_ns_;
  for (const auto& play : plays_) {
    const RunLedger& ledger = play->ledger;
    progress.planned += ledger.planned();
    progress.done += ledger.sent() + ledger.skipped();
    progress.sent += ledger.sent();
    progress.failed += ledger.failed();
  }
  progress.elapsed_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(SteadyTime::clock::now() - stage_.start).count();
  control_.on_progress(progress);
}

}  // namespace tracerec::replay
