#include "replay/parts.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <optional>
#include <string>
#include <utility>

#include "replay/pacer.h"
#include "replay/player.h"
#include "replay/rewrite.h"
#include "replay/turns.h"

// Tests: tests/replay/player_test.cc (one part), tests/replay/paired_test.cc (two).

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
        stream->set_deadline(SteadyTime::clock::now() + std::chrono::nanoseconds(timeout_ns));
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

ReplaySummary summarize(const Play& play, const Program& program, const Player& player) {
  ReplaySummary summary;
  summary.recording_id = program.recording_id;
  summary.run_id = play.run_id;
  summary.ledger = play.ledger.entries();
  summary.planned = play.ledger.planned();
  summary.sent = play.ledger.sent();
  summary.answered = play.ledger.answered();
  summary.failed = play.ledger.failed();
  summary.skipped = play.ledger.skipped();
  summary.interrupted = player.interrupted();
  if (std::string_view(play.skip_key) == kSkippedOverload) summary.gave_up = player.gave_up();
  summary.elapsed_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(SteadyTime::clock::now() - play.stage.start).count();
  summary.peak_connections = program.shape.peak_connections;
  summary.latency_from_intended = quantiles_of(play.intended_latency);
  summary.latency = quantiles_of(play.latency);
  summary.ttfb = quantiles_of(play.ttfb);
  summary.schedule_error = quantiles_of(play.schedule_error);
  return summary;
}

void note_causality(Play& play) {
  if (!play.causality.is_known()) return;
  play.ledger.note("order.waits", play.causality.waits());
  play.ledger.note("order.violations", play.causality.violations());
  play.ledger.note("values.replaced", play.causality.replaced());
}

// Every exchange that was sent has its row.
Result<void> check_stored(const schema::BatchWriter& writer, std::uint64_t answers_before, const Player::Plays& plays) {
  const std::uint64_t stored = writer.written().answers - answers_before;
  std::uint64_t sent = 0;
  for (const auto& play : plays) sent += play->ledger.sent();
  if (stored == sent) return {};
  return Error{"the ledger does not balance: sent " + std::to_string(sent) + ", stored " + std::to_string(stored) +
               "; please report this"};
}

Result<void> store_end(schema::BatchWriter& writer, const Player::Plays& plays, std::uint64_t answers_before,
                       const Clock& clock) {
  Result<void> done = writer.flush();
  if (!done) return done;
  Result<void> checked = check_stored(writer, answers_before, plays);
  std::vector<schema::RunEnd> ends;
  for (const auto& play : plays) {
    const Result<void> balanced = play->ledger.check();
    if (!balanced) checked = balanced;
    ends.push_back({play->run_id, clock.unix_ns(), play->ledger.entries()});
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

Player::Plays make_plays(Stage& stage, const Program& program, const std::vector<Part>& parts) {
  const ReplayOptions& options = program.options;
  Player::Plays plays;
  for (const Part& part : parts) {
    const Target& target = part.server.target;
    plays.push_back(std::unique_ptr<Play>(new Play{
        .stage = stage,
        .rewrite = make_rewrite(target, part.server.set_headers, options.remove_headers, options.rewrite_paths),
        .transport = *part.transport,
        .causality = *part.causality,
        .run_id = part.run_id,
        .side = plays.empty() ? Side::kLeft : Side::kRight}));
    plays.back()->ledger.plan(program.shape.exchanges);
  }
  return plays;
}

}  // namespace

Result<Part> make_part(asio::io_context& io, const ReplayOptions& options, const Server& server,
                       const std::vector<Endpoint>& endpoints) {
  Part part{server, nullptr, 0, nullptr};
  auto transport =
      make_asio_transport(io, server.target, endpoints, {options.insecure, options.cacert, options.cert, options.key});
  if (!transport) return transport.error();
  part.transport = std::move(*transport);
  const Result<void> reachable = probe(io, *part.transport, options, server.target);
  if (!reachable) return reachable.error();
  return part;
}

Result<std::vector<ReplaySummary>> play_parts(asio::io_context& io, const Program& program,
                                              const std::vector<Part>& parts, schema::Reader& reader,
                                              schema::BatchWriter& writer, const ReplayControl& control,
                                              const Clock& clock) {
  allow_many_sockets();
  const ReplayOptions& options = program.options;
  const std::uint64_t answers_before = writer.written().answers;
  const auto lead = std::chrono::nanoseconds(options.pace == Pace::kMax ? 0 : kConnectLeadNs);
  const SteadyTime start = SteadyTime::clock::now() + lead;
  const std::unique_ptr<Pacer> pacer = make_pacer(io, options, program.shape, start);
  Turns turns(program.in_step);
  Stage stage{.options = options,
              .reader = reader,
              .script = program.script,
              .store = writer,
              .pacer = *pacer,
              .io = io,
              .start = start,
              .turns = parts.size() > 1 ? &turns : nullptr};
  const Player::Plays plays = make_plays(stage, program, parts);
  Player player(io, stage, plays, program.shape, control);
  const Result<void> played = [&] {
    const OnTime priority(options.pace != Pace::kMax);
    return player.run();
  }();
  std::vector<ReplaySummary> summaries;
  for (const auto& play : plays) {
    note_causality(*play);
    summaries.push_back(summarize(*play, program, player));
  }
  const Result<void> ended = store_end(writer, plays, answers_before, clock);
  if (!played) return with_context("replaying recording " + std::to_string(program.recording_id), played.error());
  if (!ended) return ended.error();
  return summaries;
}

}  // namespace tracerec::replay
