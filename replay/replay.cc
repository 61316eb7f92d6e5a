#include "replay/replay.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

#include "base/text.h"
#include "replay/asio_transport.h"
#include "replay/pacer.h"
#include "replay/player.h"
#include "replay/preflight.h"
#include "replay/safety.h"

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;

// Whether a target can be reached at all shows within seconds, whatever --timeout says.
constexpr std::int64_t kProbeTimeoutNs = 10'000'000'000;

Result<schema::Recording> find_recording(schema::Reader& reader, schema::RowId id) {
  const auto found = id == 0 ? reader.newest_recording() : reader.recording(id);
  if (!found) return found.error();
  if (*found) return **found;
  if (id == 0) return Error{"there is no recording in this file: make one with tracerec record"};
  return Error{"there is no recording " + std::to_string(id) + " in this file: tracerec ls lists them"};
}

Result<RecordingShape> measure(schema::Reader& reader, schema::RowId recording_id) {
  ShapeBuilder builder;
  const Result<void> done = reader.for_each_connection(recording_id, [&](const schema::ConnectionSpan& span) {
    builder.add(span);
    return true;
  });
  if (!done) return done.error();
  if (builder.shape().exchanges == 0) {
    return Error{"recording " + std::to_string(recording_id) + " has no exchanges: nothing to replay"};
  }
  return builder.shape();
}

Result<std::vector<Saving>> find_pauses(schema::Reader& reader, schema::RowId recording_id, std::int64_t max_idle_ns) {
  PauseFinder finder(max_idle_ns);
  if (max_idle_ns == 0) return finder.savings();
  const Result<void> done = reader.for_each_start(recording_id, [&](std::int64_t started_unix_ns) {
    finder.add(started_unix_ns);
    return true;
  });
  if (!done) return done.error();
  return finder.savings();
}

Result<void> check_not_recorded(schema::Reader& reader, schema::RowId recording_id, const ReplayOptions& options,
                                const std::vector<Endpoint>& endpoints) {
  if (options.allow_recorded_target) return {};
  const auto recorded = reader.local_addresses(recording_id);
  if (!recorded) return recorded.error();
  const std::string same = find_recorded(endpoints, *recorded);
  if (same.empty()) return {};
  return Error{"target " + options.target.url() + " may be the server that was recorded (" + printable(same) +
               "): replaying would repeat its writes; --allow-recorded-target if that is wanted"};
}

// One connection, opened and closed: an unreachable target is an error before anything is stored.
Result<void> probe(asio::io_context& io, Transport& transport, const ReplayOptions& options) {
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
  return Error{"cannot reach target " + options.target.url() + ": " + failure.message + "; is it running?"};
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

Result<bool> secrets_were_replaced(schema::Reader& reader, schema::RowId recording_id) {
  const auto ledger = reader.recording_ledger(recording_id);
  if (!ledger) return ledger.error();
  return std::any_of(ledger->begin(), ledger->end(),
                     [](const schema::LedgerEntry& entry) { return entry.key == "redacted" && entry.count > 0; });
}

std::vector<std::string> names_of(const std::vector<http::Header>& headers) {
  std::vector<std::string> names;
  for (const http::Header& header : headers) names.push_back(header.name);
  return names;
}

Result<void> list_edges(const ReplayOptions& options, schema::Reader& reader, ReplaySummary& summary) {
  if (!options.correlate) return {};
  const auto causes = find_causes(reader, summary.recording_id, options);
  if (!causes) return causes.error();
  const Correlation& found = (*causes)->correlation;
  summary.edge_count = found.edge_count();
  for (Ordinal consumer = 0; consumer < found.exchange_count() && summary.edges.size() < kMostEdges; ++consumer) {
    for (const Edge& edge : found.edges_of(consumer)) {
      summary.edges.push_back({found.id_of(edge.producer), found.location(edge.produced_at), found.id_of(consumer),
                               found.location(edge.used_at)});
    }
  }
  return {};
}

Result<ReplaySummary> count_only(const ReplayOptions& options, schema::Reader& reader, const RecordingShape& shape,
                                 schema::RowId recording_id, const Clock& clock) {
  const Result<bool> replaced = secrets_were_replaced(reader, recording_id);
  if (!replaced) return replaced.error();
  Preflight preflight(clock.unix_ns(), *replaced, names_of(options.set_headers));
  RunLedger ledger;
  const Result<void> done = reader.for_each_exchange(recording_id, [&](const schema::StoredExchange& exchange) {
    ledger.plan(1);
    if (const char* reason = skip_reason(exchange, options.filter)) {
      ledger.skip(reason);
    } else {
      preflight.add(exchange);
    }
    return true;
  });
  if (!done) return done.error();
  ReplaySummary summary;
  summary.recording_id = recording_id;
  summary.ledger = ledger.entries();
  summary.planned = ledger.planned();
  summary.skipped = ledger.skipped();
  summary.sent = summary.planned - summary.skipped;
  summary.preflight = preflight.lines();
  summary.peak_connections = shape.peak_connections;
  const Result<void> listed = list_edges(options, reader, summary);
  if (!listed) return listed.error();
  return summary;
}

ReplaySummary summarize(const Play& play, const RecordingShape& shape, schema::RowId recording_id, bool interrupted) {
  ReplaySummary summary;
  summary.recording_id = recording_id;
  summary.run_id = play.run_id;
  summary.ledger = play.ledger.entries();
  summary.planned = play.ledger.planned();
  summary.sent = play.ledger.sent();
  summary.answered = play.ledger.answered();
  summary.failed = play.ledger.failed();
  summary.skipped = play.ledger.skipped();
  summary.interrupted = interrupted;
  summary.elapsed_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(SteadyTime::clock::now() - play.start).count();
  summary.peak_connections = shape.peak_connections;
  summary.latency_from_intended = quantiles_of(play.intended_latency);
  summary.latency = quantiles_of(play.latency);
  summary.ttfb = quantiles_of(play.ttfb);
  summary.schedule_error = quantiles_of(play.schedule_error);
  return summary;
}

void note_causality(Play& play) {
  play.ledger.note("order.waits", play.causality.waits());
  play.ledger.note("order.violations", play.causality.violations());
  play.ledger.note("values.replaced", play.causality.replaced());
}

// Every exchange that was sent has its row.
Result<void> check_stored(const schema::BatchWriter& writer, std::uint64_t answers_before, const RunLedger& ledger) {
  const std::uint64_t stored = writer.written().answers - answers_before;
  if (stored == ledger.sent()) return {};
  return Error{"the ledger does not balance: sent " + std::to_string(ledger.sent()) + ", stored " +
               std::to_string(stored) + "; please report this"};
}

Result<void> store_end(schema::BatchWriter& writer, const Play& play, std::uint64_t answers_before,
                       const Clock& clock) {
  Result<void> done = writer.flush();
  if (!done) return done;
  const Result<void> stored = check_stored(writer, answers_before, play.ledger);
  const Result<void> balanced = play.ledger.check();
  done = writer.finish_run(play.run_id, clock.unix_ns(), play.ledger.entries());
  if (!done) return done;
  return balanced ? stored : balanced;
}

// What is known before the first connection is opened.
struct Prepared {
  schema::RowId recording_id = 0;
  RecordingShape shape;
  std::vector<Endpoint> endpoints;
};

Result<Prepared> prepare(const ReplayOptions& options, schema::Reader& reader) {
  const Result<schema::Recording> recording = find_recording(reader, options.recording_id);
  if (!recording) return recording.error();
  Result<RecordingShape> shape = measure(reader, recording->id);
  if (!shape) return shape.error();
  Result<std::vector<Saving>> savings = find_pauses(reader, recording->id, options.max_idle_ns);
  if (!savings) return savings.error();
  shape->savings = std::move(*savings);
  const Result<std::vector<Endpoint>> endpoints = resolve(options.target);
  if (!endpoints) return endpoints.error();
  const Result<void> safe = check_not_recorded(reader, recording->id, options, *endpoints);
  if (!safe) return safe.error();
  return Prepared{recording->id, *shape, *endpoints};
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

Result<ReplaySummary> play_and_store(asio::io_context& io, Transport& transport, const ReplayOptions& options,
                                     const Prepared& prepared, schema::Reader& reader, schema::BatchWriter& writer,
                                     const ReplayControl& control, const Clock& clock) {
  const auto causes = find_causes(reader, prepared.recording_id, options);
  if (!causes) return with_context("looking for values in the recording", causes.error());
  const schema::Run run{0, prepared.recording_id, options.target.url(), options.options_json, clock.unix_ns(), 0};
  const Result<schema::RowId> run_id = writer.begin_run(run);
  if (!run_id) return run_id.error();
  const std::uint64_t answers_before = writer.written().answers;
  const auto lead = std::chrono::nanoseconds(options.pace == Pace::kMax ? 0 : kConnectLeadNs);
  const SteadyTime start = SteadyTime::clock::now() + lead;
  const std::unique_ptr<Pacer> pacer = make_pacer(io, options, prepared.shape, start);
  Causality causality(causes->get(), *run_id);
  Play play{.options = options,
            .rewrite = make_rewrite(options.target, options.set_headers, options.remove_headers, options.rewrite_paths),
            .reader = reader,
            .writer = writer,
            .transport = transport,
            .pacer = *pacer,
            .causality = causality,
            .executor = io.get_executor(),
            .run_id = *run_id,
            .start = start};
  play.ledger.plan(prepared.shape.exchanges);
  Player player(io, play, prepared.shape, control);
  const Result<void> played = [&] {
    const OnTime priority(options.pace != Pace::kMax);
    return player.run(prepared.recording_id);
  }();
  if (*causes) note_causality(play);
  const ReplaySummary summary = summarize(play, prepared.shape, prepared.recording_id, player.interrupted());
  const Result<void> ended = store_end(writer, play, answers_before, clock);
  if (!played) return with_context("replaying recording " + std::to_string(prepared.recording_id), played.error());
  if (!ended) return ended.error();
  return summary;
}

Result<void> warn_of_unsafe(schema::Reader& reader, schema::RowId recording_id, const ReplayControl& control) {
  if (!control.on_unsafe) return {};
  const auto methods = reader.methods(recording_id);
  if (!methods) return methods.error();
  if (const std::string unsafe = list_unsafe(*methods); !unsafe.empty()) control.on_unsafe(unsafe);
  return {};
}

}  // namespace

Result<ReplaySummary> replay(const ReplayOptions& options, schema::Reader& reader, schema::BatchWriter* writer,
                             const ReplayControl& control, const Clock& clock) {
  const Result<Prepared> prepared = prepare(options, reader);
  if (!prepared) return prepared.error();
  if (options.dry_run) return count_only(options, reader, prepared->shape, prepared->recording_id, clock);
  asio::io_context io(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);  // one thread runs it, and nobody else posts to it: no locks
  Result<std::unique_ptr<Transport>> transport = make_asio_transport(
      io, options.target, prepared->endpoints, {options.insecure, options.cacert, options.cert, options.key});
  if (!transport) return transport.error();
  const Result<void> reachable = probe(io, **transport, options);
  if (!reachable) return reachable.error();
  if (const Result<void> warned = warn_of_unsafe(reader, prepared->recording_id, control); !warned)
    return warned.error();
  allow_many_sockets();
  return play_and_store(io, **transport, options, *prepared, reader, *writer, control, clock);
}

}  // namespace tracerec::replay
