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

// Starts connections in recorded order as the pacer and the limit allow, each in all runs at once, until all have
// been replayed or the stop flag is set. When one run cannot go on, none does. Everything happens on the thread that
// calls run.
class Player {
 public:
  using RunStates = std::vector<std::unique_ptr<RunState>>;

  // All arguments must outlive the player; `io` must not be run by anybody else. The replays share a stage.
  Player(boost::asio::io_context& io, ReplayContext& context, const RunStates& states, const RecordingShape& shape,
         const ReplayControl& control);

  // Error: the trace file failed.
  [[nodiscard]] Result<void> run();

  // Why it was stopped although nobody wanted that, in one clause; empty: it was not.
  [[nodiscard]] const std::string& gave_up() const { return gave_up_; }
  [[nodiscard]] bool interrupted() const { return interrupted_; }

 private:
  void run_a_while();
  void start_or_skip(const schema::ConnectionSpan& span);
  void start(RunState& state, const schema::ConnectionSpan& span);
  void finished(RunState& state, const Session* session, const std::exception_ptr& exception);
  [[nodiscard]] bool stopping() const;
  [[nodiscard]] std::string error() const;
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::string overload() const;
  [[nodiscard]] bool file_is_full() const;
  void watch();
  void give_up(std::string why, const char* skip_key);
  void stop(SteadyTime deadline);
  void report() const;

  boost::asio::io_context& io_;
  ReplayContext& context_;
  const RunStates& states_;
  const ReplayControl& control_;
  std::size_t max_connections_;
  std::int64_t end_ns_;
  std::map<const Session*, std::unique_ptr<Session>> sessions_;
  boost::asio::steady_timer watch_timer_;
  bool stopped_ = false;
  bool all_started_ = false;
  bool interrupted_ = false;
  std::string gave_up_;
};

}  // namespace tracerec::replay
