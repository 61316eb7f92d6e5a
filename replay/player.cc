#include "replay/player.h"

#include <boost/asio/co_spawn.hpp>

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

Player::Player(asio::io_context& io, Play& play, const RecordingShape& shape, const ReplayControl& control)
    : io_(io),
      play_(play),
      control_(control),
      max_connections_(connection_limit(play.options, shape)),
      watch_timer_(io) {}

Result<void> Player::run(schema::RowId recording_id) {
  watch();
  const Result<void> listed =
      play_.reader.for_each_connection(recording_id, [this](const schema::ConnectionSpan& span) {
        start_or_skip(span);
        return true;
      });
  if (!listed) play_.fail(listed.error().message);
  all_started_ = true;
  while (!sessions_.empty()) io_.run_one();
  watch_timer_.cancel();
  report();
  if (!play_.error.empty()) return Error{play_.error};
  return {};
}

// Runs the sessions that are there until this one may join them.
void Player::start_or_skip(const schema::ConnectionSpan& span) {
  while (!play_.stopping) {
    // One that waits for an answer on another connection must not keep that from being opened.
    if (sessions_.size() - play_.causality.waiting() < max_connections_ &&
        play_.pacer.may_start(span.first_started_unix_ns))
      return start(span);
    io_.run_one();
  }
  play_.ledger.skip(kSkippedInterrupted, span.exchanges);
}

void Player::start(const schema::ConnectionSpan& span) {
  auto session = std::make_unique<Session>(play_, span);
  Session* const key = session.get();
  sessions_.emplace(key, std::move(session));
  play_.open_sessions = sessions_.size();
  asio::co_spawn(io_, key->run(), [this, key](const std::exception_ptr& exception) { finished(key, exception); });
}

void Player::finished(const Session* session, const std::exception_ptr& exception) {
  sessions_.erase(session);
  play_.open_sessions = sessions_.size();
  if (!exception) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {  // out of memory, say
    play_.fail(error.what());
  }
}

void Player::watch() {
  if (control_.stop != nullptr && control_.stop->load(std::memory_order_relaxed) && !stopped_) {
    interrupted_ = true;
    stop(SteadyTime::clock::now() + kStopGrace);
  }
  if (!play_.error.empty() && !stopped_) stop(SteadyTime::clock::now());
  // Only in a recording whose times contradict each other.
  if (all_started_ && !sessions_.empty() && play_.causality.waiting() == sessions_.size()) {
    play_.causality.break_deadlock();
  }
  report();
  watch_timer_.expires_after(kWatchInterval);
  watch_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) watch();
  });
}

void Player::stop(SteadyTime deadline) {
  stopped_ = true;
  play_.stopping = true;
  play_.pacer.stop();
  play_.causality.stop();
  for (const auto& [key, session] : sessions_) session->hurry(deadline);
}

void Player::report() const {
  if (!control_.on_progress) return;
  const RunLedger& ledger = play_.ledger;
  const auto elapsed = std::chrono::duration_cast<std::chrono::nanoseconds>(SteadyTime::clock::now() - play_.start);
  control_.on_progress(
      {ledger.planned(), ledger.sent() + ledger.skipped(), ledger.sent(), ledger.failed(), elapsed.count()});
}

}  // namespace tracerec::replay
