#include "replay/recheck.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "replay/correlate.h"
#include "replay/exchange_source.h"
#include "replay/replay_runs.h"

// How this works. The two responses to an exchange are evidence only as long as they met the same state: hence twice
// back to back, and in step. What was answered during the run is not part of it, since the state may have moved on (a
// DELETE later in the recording). Tests: tests/replay/recheck_test.cc, tests/e2e/replay_evidence_test.cc.

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;

// Evidence, not load.
constexpr std::size_t kConnections = 8;

constexpr std::size_t kTimes = 2;

// The exchanges are known, so that nothing is filtered or waited for, and as fast as possible.
ReplayOptions options_of(const ReplayOptions& run, bool writes) {
  ReplayOptions options = run;
  options.pace = Pace::kMax;
  options.order = OrderMode::kConnection;
  options.max_connections = writes ? 1 : kConnections;
  options.max_idle_ns = 0;
  options.filter = {};
  return options;
}

Result<RecordingShape> shape_of(ExchangeSource& source) {
  ShapeBuilder builder;
  const Result<void> done = source.for_each_connection([&](const schema::ConnectionSpan& span) {
    builder.add(span);
    return true;
  });
  if (!done) return done.error();
  return builder.shape();
}

Result<bool> any_writes(schema::Reader& reader, const std::vector<schema::RowId>& ids) {
  for (const schema::RowId id : ids) {
    const auto exchange = reader.exchange(id);
    if (!exchange) return exchange.error();
    if (*exchange && is_write((*exchange)->method)) return true;
  }
  return false;
}

Result<std::vector<RunSetup>> make_twins(asio::io_context& io, const ReplayOptions& options) {
  const Server server =
      options.baseline ? *options.baseline : Server{options.target, options.set_headers, options.identities};
  const auto endpoints = resolve(server.target);
  if (!endpoints) return endpoints.error();
  std::vector<RunSetup> setups;
  for (std::size_t i = 0; i < kTimes; ++i) {
    auto setup = make_run_setup(io, options, server, *endpoints);
    if (!setup) return setup.error();
    setups.push_back(std::move(*setup));
  }
  return setups;
}

// Begins its run, with the values of the server that is asked.
Result<void> begin(RunSetup& setup, const Causes* causes, const Recheck& what, const ReplayOptions& options,
                   schema::Reader& reader, schema::BatchWriter& writer, const Clock& clock) {
  schema::Run run{0, what.run.recording_id, setup.server.target.url(), options.options_json, clock.unix_ns(), 0};
  run.recheck_of = what.run.id;
  run.secrets = secrets_of(options);
  const Result<schema::RowId> id = writer.begin_run(run);
  if (!id) return id.error();
  setup.run_id = *id;
  setup.causality = std::make_unique<Causality>(causes, setup.run_id);
  return setup.causality->seed(reader, options.baseline ? what.run.baseline_run_id : what.run.id, what.exchanges,
                               options.secrets.get());
}

using Played = Result<std::vector<ReplaySummary>>;

// Waits; gives up as soon as the replay is stopped.
void wait_for_clock(const ReplayControl& control) {
  constexpr std::int64_t kStepNs = 10'000'000;
  for (std::int64_t waited_ns = 0; waited_ns < kClockNs; waited_ns += kStepNs) {
    if (control.stop != nullptr && control.stop->load()) return;
    std::this_thread::sleep_for(std::chrono::nanoseconds(kStepNs));
  }
}

// One run after the other.
template <class Play>
Played play_apart(std::vector<RunSetup>& setups, const ReplayControl& control, const Play& play) {
  std::vector<ReplaySummary> summaries;
  for (RunSetup& setup : setups) {
    if (!summaries.empty()) wait_for_clock(control);
    std::vector<RunSetup> one;
    one.push_back(std::move(setup));
    Played played = play(std::move(one));
    if (!played) return played;
    summaries.push_back(std::move(played->front()));
  }
  return summaries;
}

}  // namespace

Result<RecheckSummary> recheck(const ReplayOptions& run_options, const Recheck& what, schema::Reader& reader,
                               schema::BatchWriter& writer, const ReplayControl& control, const Clock& clock) {
  const auto writes = any_writes(reader, what.exchanges);
  if (!writes) return writes.error();
  const ReplayOptions options = options_of(run_options, *writes);
  const auto source = chosen_exchanges(reader, what.exchanges);
  if (!source) return source.error();
  const auto shape = shape_of(**source);
  if (!shape) return shape.error();
  asio::io_context io(1);  // one thread runs it
  auto setups = make_twins(io, options);
  if (!setups) return setups.error();
  const auto causes = find_causes(reader, what.run.recording_id, options);
  if (!causes) return with_context("looking for values in the recording", causes.error());
  const bool apart = what.clocks && !*writes;
  std::vector<schema::RunEnd> ends;
  const auto play = [&](std::vector<RunSetup> runs) -> Played {
    for (RunSetup& run : runs) {
      if (auto begun = begin(run, causes->get(), what, options, reader, writer, clock); !begun) return begun.error();
    }
    io.restart();
    return replay_runs(io, {options, what.run.recording_id, **source, *shape, !apart, nullptr, apart ? &ends : nullptr},
                       runs, reader, writer, control, clock);
  };
  auto played = apart ? play_apart(*setups, control, play) : play(std::move(*setups));
  const Result<void> finished = ends.empty() ? Result<void>() : writer.finish_runs(ends);
  if (!played) return played.error();
  if (!finished) return finished.error();
  return RecheckSummary{std::move(played->front()), std::move(played->back())};
}

}  // namespace tracerec::replay
