#include "replay/replay_runs.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <optional>
#include <string>
#include <utility>

#include "replay/alternation.h"
#include "replay/pacer.h"
#include "replay/player.h"
#include "replay/rewrite.h"

// Tests: tests/replay/player_test.cc (one setup), tests/replay/paired_test.cc (two).

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;

// Whether a target can be reached at all shows within seconds, whatever --timeout says.
constexpr std::int64_t kProbeTimeoutNs = 10'000'000'000;

// One connection, opened and closed: an unreachable target is an error before anything is stored.
Result<void> probe(asio::io_context& io, Transport& transport, const ReplayOptions& options, const Target& target) {
  ConnectFailure failure;
  asio::co_spawn(
      io,
      [&]() -> Task<void> {
        const std::unique_ptr<Stream> stream = transport.make_stream();
        const std::int64_t timeout_ns = std::min(options.timeout_ns, kProbeTimeoutNs);
        stream->set_deadline(steady_now() + std::chrono::nanoseconds(timeout_ns));
        failure = co_await stream->connect();
      },
      [](const std::exception_ptr&) {});
  io.run();
  io.restart();
  if (failure.reason.empty()) return {};
  return Error{"cannot reach target " + target.url() + ": " + failure.message + "; is it running?"};
}

// A recording may hold more connections at a time than the 1,024 descriptors that a process is given at first.
void allow_many_sockets() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

Quantiles quantiles_of(const Histogram& h) {
  return {h.count(), h.mean_ns(), h.quantile_ns(0.50), h.quantile_ns(0.95), h.quantile_ns(0.99), h.max_ns()};
}

ReplaySummary summarize(const RunState& state, const ReplayJob& job, const Player& player) {
  ReplaySummary summary;
  summary.recording_id = job.recording_id;
  summary.run_id = state.run_id;
  summary.ledger = state.ledger.entries();
  summary.planned = state.ledger.planned();
  summary.sent = state.ledger.sent();
  summary.answered = state.ledger.answered();
  summary.failed = state.ledger.failed();
  summary.skipped = state.ledger.skipped();
  summary.interrupted = player.interrupted();
  summary.gave_up = player.gave_up();
  summary.elapsed_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(steady_now() - state.context.start).count();
  summary.peak_connections = job.shape.peak_connections;
  summary.latency_from_intended = quantiles_of(state.intended_latency);
  summary.latency = quantiles_of(state.latency);
  summary.ttfb = quantiles_of(state.ttfb);
  summary.schedule_error = quantiles_of(state.schedule_error);
  summary.failures = state.failures.kinds();
  summary.refused_credentials = state.refused_credentials;
  summary.conflicts = state.conflicts;
  summary.bad_requests = state.bad_requests;
  summary.shifted_times = state.shifted_times;
  summary.signed_tokens = state.signed_tokens;
  summary.stalled = state.stalls.stalled();
  summary.stalls_suspected = state.stalls.is_suspected() && !job.options.quickack;
  return summary;
}

void add_notes(RunState& state) {
  if (state.stalls.stalled() > 0) state.ledger.note("stalls.delayed_ack", state.stalls.stalled());
  if (state.refused_credentials.count > 0) state.ledger.note("credentials.refused", state.refused_credentials.count);
  if (state.secrets.replaced.values > 0) state.ledger.note("secrets.replaced", state.secrets.replaced.values);
  if (state.secrets.withheld > 0) state.ledger.note("secrets.withheld", state.secrets.withheld);
  if (state.secrets.reencoded > 0) state.ledger.note("secrets.reencoded", state.secrets.reencoded);
  if (state.open_ended > 0) state.ledger.note("open_ended", state.open_ended);
  if (state.shifted_times > 0) state.ledger.note("times.shifted", state.shifted_times);
  if (state.signed_tokens > 0) state.ledger.note("tokens.signed", state.signed_tokens);
  if (state.context.outlook != nullptr && state.context.outlook->needed.count() > 0)
    state.ledger.note("included.needed", state.context.outlook->needed.count());
  if (!state.causality.is_known()) return;
  state.ledger.note("order.waits", state.causality.waits());
  state.ledger.note("order.violations", state.causality.violations());
  state.ledger.note("values.replaced", state.causality.replaced());
}

// Every exchange that was sent has its row.
Result<void> check_stored(const schema::BatchWriter& writer, std::uint64_t responses_before,
                          const Player::RunStates& states) {
  const std::uint64_t stored = writer.written().responses - responses_before;
  std::uint64_t sent = 0;
  for (const auto& state : states) sent += state->ledger.sent();
  if (stored == sent) return {};
  return Error{"the ledger does not balance: sent " + std::to_string(sent) + ", stored " + std::to_string(stored) +
               "; please report this"};
}

Result<void> store_end(schema::BatchWriter& writer, const Player::RunStates& states, std::uint64_t responses_before,
                       const Clock& clock, std::vector<schema::RunEnd>* kept_ends) {
  Result<void> done = writer.flush();
  if (!done) return done;
  Result<void> checked = check_stored(writer, responses_before, states);
  std::vector<schema::RunEnd> ends;
  for (const auto& state : states) {
    const Result<void> balanced = state->ledger.check();
    if (!balanced) checked = balanced;
    ends.push_back({state->run_id, clock.unix_ns(), state->ledger.entries()});
  }
  if (kept_ends != nullptr) {
    kept_ends->insert(kept_ends->end(), ends.begin(), ends.end());
    return checked;
  }
  done = writer.finish_runs(ends);
  return done ? checked : done;
}

// A thread that mostly sleeps and must be on time: real-time priority, while this lives. Without the right to it
// (CAP_SYS_NICE) nothing changes. Not for Pace::kMax, which would leave the target no processor on the same machine.
class OnTime {
 public:
  explicit OnTime(bool wanted) {
    sched_param priority{};
    priority.sched_priority = ::sched_get_priority_min(SCHED_RR);
    changed_ = wanted && ::pthread_setschedparam(::pthread_self(), SCHED_RR, &priority) == 0;
  }
  OnTime(const OnTime&) = delete;
  OnTime& operator=(const OnTime&) = delete;
  ~OnTime() {
    const sched_param usual{};
    if (changed_) ::pthread_setschedparam(::pthread_self(), SCHED_OTHER, &usual);
  }

 private:
  bool changed_ = false;
};

Rewrite rewrite_for(const Server& server, const ReplayOptions& options) {
  Rewrite rewrite = make_rewrite(server.target, server.set_headers, options.remove_headers, options.rewrite_paths);
  rewrite.identities = server.identities;
  rewrite.keep_host = options.keep_host;
  return rewrite;
}

Player::RunStates make_states(ReplayContext& context, const ReplayJob& job, const std::vector<RunSetup>& setups) {
  const ReplayOptions& options = job.options;
  Player::RunStates states;
  for (const RunSetup& setup : setups) {
    states.push_back(std::unique_ptr<RunState>(new RunState{.context = context,
                                                            .rewrite = rewrite_for(setup.server, options),
                                                            .transport = *setup.transport,
                                                            .causality = *setup.causality,
                                                            .run_id = setup.run_id,
                                                            .side = states.empty() ? Side::kLeft : Side::kRight}));
    states.back()->ledger.plan(job.shape.exchanges);
  }
  return states;
}

}  // namespace

Result<RunSetup> make_run_setup(asio::io_context& io, const ReplayOptions& options, const Server& server,
                                const std::vector<Endpoint>& endpoints) {
  RunSetup setup{server, nullptr, 0, nullptr};
  auto transport = make_asio_transport(io, server.target, endpoints,
                                       {options.insecure, options.cacert, options.cert, options.key}, options.quickack);
  if (!transport) return transport.error();
  setup.transport = std::move(*transport);
  const Result<void> reachable = probe(io, *setup.transport, options, server.target);
  if (!reachable) return reachable.error();
  return setup;
}

Result<std::vector<ReplaySummary>> replay_runs(asio::io_context& io, const ReplayJob& job,
                                               const std::vector<RunSetup>& setups, schema::Reader& reader,
                                               schema::BatchWriter& writer, const ReplayControl& control,
                                               const Clock& clock) {
  allow_many_sockets();
  const ReplayOptions& options = job.options;
  const std::uint64_t responses_before = writer.written().responses;
  const auto lead = std::chrono::nanoseconds(options.pace == Pace::kMax ? 0 : kConnectLeadNs);
  const SteadyTime start = steady_now() + lead;
  const std::unique_ptr<Pacer> pacer = make_pacer(io, options, job.shape, start);
  Alternation alternation(job.in_step);
  ReplayContext context{.options = options,
                        .reader = reader,
                        .source = job.source,
                        .store = writer,
                        .pacer = *pacer,
                        .io = io,
                        .clock = clock,
                        .start = start,
                        .alternation = setups.size() > 1 ? &alternation : nullptr,
                        .outlook = job.outlook,
                        .file_bytes = [&writer] { return writer.file_bytes(); }};
  const Player::RunStates states = make_states(context, job, setups);
  Player player(io, context, states, job.shape, control);
  const Result<void> played = [&] {
    const OnTime priority(options.pace != Pace::kMax);
    return player.run();
  }();
  std::vector<ReplaySummary> summaries;
  for (const auto& state : states) {
    add_notes(*state);
    summaries.push_back(summarize(*state, job, player));
  }
  const Result<void> ended = store_end(writer, states, responses_before, clock, job.ends);
  if (!played) return with_context("replaying recording " + std::to_string(job.recording_id), played.error());
  if (!ended) return ended.error();
  return summaries;
}

}  // namespace tracerec::replay
