// Runs the sessions of a replay on one io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "replay/plan.h"
#include "replay/replay.h"
#include "replay/session.h"

namespace tracerec::replay {

// Starts connections in recorded order as the pacer and the limit allow, each in all plays at once, until all have been
// played or the stop flag is set. When one play cannot go on, none does. Everything happens on the thread that calls
// run.
class Player {
 public:
  using Plays = std::vector<std::unique_ptr<Play>>;

  // All arguments must outlive the player; `io` must not be run by anybody else. The plays share a stage.
  Player(boost::asio::io_context& io, Stage& stage, const Plays& plays, const RecordingShape& shape,
         const ReplayControl& control);

  // Error: the trace file failed.
  [[nodiscard]] Result<void> run();

  // Why it was stopped although nobody wanted that, in one clause; empty: it was not.
  [[nodiscard]] std::string gave_up() const;
  [[nodiscard]] bool interrupted() const { return interrupted_; }

 private:
  void run_a_while();
  void start_or_skip(const schema::ConnectionSpan& span);
  void start(Play& play, const schema::ConnectionSpan& span);
  void finished(Play& play, const Session* session, const std::exception_ptr& exception);
  [[nodiscard]] bool stopping() const;
  [[nodiscard]] std::string error() const;
  [[nodiscard]] std::size_t waiting() const;
  void watch();
  void stop(SteadyTime deadline);
  void report() const;

  boost::asio::io_context& io_;
  Stage& stage_;
  const Plays& plays_;
  const ReplayControl& control_;
  std::size_t max_connections_;
  std::int64_t end_ns_;
  std::map<const Session*, std::unique_ptr<Session>> sessions_;
  boost::asio::steady_timer watch_timer_;
  bool stopped_ = false;
  bool all_started_ = false;
  bool interrupted_ = false;
};

}  // namespace tracerec::replay
