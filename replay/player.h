// Runs the sessions of a replay on one io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <map>
#include <memory>

#include "base/error.h"
#include "replay/plan.h"
#include "replay/replay.h"
#include "replay/session.h"

namespace tracerec::replay {

// Starts connections in recorded order as the pacer and the limit allow, until all have been played or the stop flag is
// set. Everything happens on the thread that calls run.
class Player {
 public:
  // All arguments must outlive the player; `io` must not be run by anybody else.
  Player(boost::asio::io_context& io, Play& play, const RecordingShape& shape, const ReplayControl& control);

  // Error: the trace file failed.
  [[nodiscard]] Result<void> run(schema::RowId recording_id);

  [[nodiscard]] bool interrupted() const { return interrupted_; }

 private:
  void start_or_skip(const schema::ConnectionSpan& span);
  void start(const schema::ConnectionSpan& span);
  void finished(const Session* session, const std::exception_ptr& exception);
  void watch();
  void stop(SteadyTime deadline);
  void report() const;

  boost::asio::io_context& io_;
  Play& play_;
  const ReplayControl& control_;
  std::size_t max_connections_;
  std::map<const Session*, std::unique_ptr<Session>> sessions_;
  boost::asio::steady_timer watch_timer_;
  bool stopped_ = false;
  bool all_started_ = false;
  bool interrupted_ = false;
};

}  // namespace tracerec::replay
