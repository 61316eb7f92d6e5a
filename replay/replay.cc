#include "replay/replay.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

#include "base/text.h"
#include "replay/asio_transport.h"
#include "replay/exchange_source.h"
#include "replay/outlook.h"
#include "replay/preflight.h"
#include "replay/replay_runs.h"
#include "replay/run_ledger.h"
#include "replay/safety.h"

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;

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
                                const Target& target, const std::vector<Endpoint>& endpoints) {
  if (options.allow_recorded_target) return {};
  const auto recorded = reader.local_addresses(recording_id);
  if (!recorded) return recorded.error();
  const std::string same = find_recorded(endpoints, *recorded);
  if (same.empty()) return {};
  return Error{"target " + target.url() + " may be the server that was recorded (" + printable(same) +
               "): replaying would repeat its writes; --allow-recorded-target if that is wanted"};
}

// Those into requests that would be sent.
void list_edges(const Causes* causes, const ExchangeSet& sent, ReplaySummary& summary) {
  if (causes == nullptr || !causes->correlate) return;
  const Correlation& found = causes->correlation;
  for (Ordinal consumer = 0; consumer < found.exchange_count(); ++consumer) {
    if (!sent.contains(found.id_of(consumer))) continue;
    for (const Edge& edge : found.edges_of(consumer)) {
      if (summary.edge_count++ >= kMostEdges) continue;
      summary.edges.push_back({found.id_of(edge.producer), std::string(found.location(edge.produced_at)),
                               found.id_of(consumer), std::string(found.location(edge.used_at))});
    }
  }
}

// What is known of a recording before its first request is sent.
struct Known {
  std::unique_ptr<const Causes> causes;
  Outlook outlook;
};

Result<Known> examine(schema::Reader& reader, schema::RowId recording_id, const ReplayOptions& options,
                      const Clock& clock) {
  auto causes = find_causes(reader, recording_id, options);
  if (!causes) return with_context("looking for values in the recording", causes.error());
  auto outlook = look_ahead(reader, recording_id, options, causes->get(), clock.unix_ns());
  if (!outlook) return outlook.error();
  return Known{std::move(*causes), std::move(*outlook)};
}

Result<ReplaySummary> count_only(const ReplayOptions& options, schema::Reader& reader, const RecordingShape& shape,
                                 schema::RowId recording_id, const Clock& clock) {
  const Result<Known> known = examine(reader, recording_id, options, clock);
  if (!known) return known.error();
  const RunLedger& ledger = known->outlook.ledger;
  ReplaySummary summary;
  summary.recording_id = recording_id;
  summary.ledger = ledger.entries();
  summary.planned = ledger.planned();
  summary.skipped = ledger.skipped();
  summary.sent = summary.planned - summary.skipped;
  summary.preflight = known->outlook.preflight.lines();
  summary.needed = known->outlook.needed.count();
  summary.shifted_times = known->outlook.shifted_times;
  summary.signed_tokens = known->outlook.signed_tokens;
  summary.peak_connections = shape.peak_connections;
  list_edges(known->causes.get(), known->outlook.sent, summary);
  return summary;
}

// Those that the recording is sent to: the target, and the baseline.
std::vector<Server> servers_of(const ReplayOptions& options) {
  std::vector<Server> servers = {{options.target, options.set_headers, options.identities}};
  if (options.baseline) servers.push_back(*options.baseline);
  return servers;
}

// What is known before the first connection is opened.
struct Prepared {
  schema::RowId recording_id = 0;
  RecordingShape shape;
  std::vector<std::vector<Endpoint>> endpoints;  // of each server
};

Result<Prepared> prepare(const ReplayOptions& options, schema::Reader& reader) {
  const Result<schema::Recording> recording = find_recording(reader, options.recording_id);
  if (!recording) return recording.error();
  Result<RecordingShape> shape = measure(reader, recording->id);
  if (!shape) return shape.error();
  Result<std::vector<Saving>> savings = find_pauses(reader, recording->id, options.max_idle_ns);
  if (!savings) return savings.error();
  shape->savings = std::move(*savings);
  Prepared prepared{recording->id, *shape, {}};
  for (const Server& server : servers_of(options)) {
    auto endpoints = resolve(server.target);
    if (!endpoints) return endpoints.error();
    const Result<void> safe = check_not_recorded(reader, recording->id, options, server.target, *endpoints);
    if (!safe) return safe.error();
    prepared.endpoints.push_back(std::move(*endpoints));
  }
  return prepared;
}

Result<std::vector<RunSetup>> make_setups(asio::io_context& io, const ReplayOptions& options,
                                          const Prepared& prepared) {
  const std::vector<Server> servers = servers_of(options);
  std::vector<RunSetup> setups;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    auto setup = make_run_setup(io, options, servers[i], prepared.endpoints[i]);
    if (!setup) return setup.error();
    setups.push_back(std::move(*setup));
  }
  return setups;
}

// The target's comes last: it names the baseline's, and is the newest.
Result<void> begin_runs(const ReplayOptions& options, schema::RowId recording_id, std::vector<RunSetup>& setups,
                        schema::BatchWriter& writer, const Clock& clock) {
  schema::RowId before = 0;
  for (auto setup = setups.rbegin(); setup != setups.rend(); ++setup) {
    schema::Run run{0, recording_id, setup->server.target.url(), options.options_json, clock.unix_ns(), 0};
    run.baseline_run_id = before;
    run.secrets = secrets_of(options);
    const Result<schema::RowId> id = writer.begin_run(run);
    if (!id) return id.error();
    setup->run_id = before = *id;
  }
  return {};
}

// The newest run before these that sent something to the same target. Error: the trace file cannot be read.
Result<schema::RowId> earlier_run(schema::Reader& reader, const schema::RowId before, const Target& target) {
  const auto runs = reader.runs();
  if (!runs) return runs.error();
  schema::RowId found = 0;
  for (const schema::RunSummary& one : *runs) {
    if (one.run.id < before && one.run.target == target.url() && one.responses > 0) found = one.run.id;
  }
  return found;
}

Result<void> look_for_leftovers(schema::Reader& reader, const std::vector<RunSetup>& setups,
                                std::vector<ReplaySummary>& summaries) {
  schema::RowId first = setups.front().run_id;
  for (const RunSetup& setup : setups) first = std::min(first, setup.run_id);
  for (std::size_t i = 0; i < summaries.size(); ++i) {
    if (summaries[i].conflicts.count == 0) continue;
    const auto earlier = earlier_run(reader, first, setups[i].server.target);
    if (!earlier) return earlier.error();
    summaries[i].earlier_run = *earlier;
  }
  return {};
}

void warn(const Preflight& preflight, const ReplayControl& control) {
  if (const std::string unsafe = preflight.unsafe(); control.on_unsafe && !unsafe.empty()) control.on_unsafe(unsafe);
  if (!control.on_warning) return;
  for (const std::string& line : preflight.credential_lines()) control.on_warning(line);
}

Result<ReplaySummary> replay_and_store(asio::io_context& io, std::vector<RunSetup>& setups,
                                       const ReplayOptions& options, const Prepared& prepared, schema::Reader& reader,
                                       schema::BatchWriter& writer, const ReplayControl& control, const Clock& clock) {
  const Result<Known> known = examine(reader, prepared.recording_id, options, clock);
  if (!known) return known.error();
  reader.stop_when(nullptr);
  warn(known->outlook.preflight, control);
  const Result<void> begun = begin_runs(options, prepared.recording_id, setups, writer, clock);
  if (!begun) return begun.error();
  for (RunSetup& setup : setups) setup.causality = std::make_unique<Causality>(known->causes.get(), setup.run_id);
  const std::unique_ptr<ExchangeSource> source = whole_recording(reader, prepared.recording_id);
  auto summaries = replay_runs(io, {options, prepared.recording_id, *source, prepared.shape, false, &known->outlook},
                               setups, reader, writer, control, clock);
  if (!summaries) return summaries.error();
  if (const auto looked = look_for_leftovers(reader, setups, *summaries); !looked) return looked.error();
  ReplaySummary summary = std::move(summaries->front());
  summaries->erase(summaries->begin());
  summary.baseline = std::move(*summaries);
  summary.needed = known->outlook.needed.count();
  return summary;
}

}  // namespace

Result<ReplaySummary> replay(const ReplayOptions& options, schema::Reader& reader, schema::BatchWriter* writer,
                             const ReplayControl& control, const Clock& clock) {
  reader.stop_when(control.stop);  // while it is planned; what is sent ends in order
  const Result<Prepared> prepared = prepare(options, reader);
  if (!prepared) return prepared.error();
  if (options.dry_run) return count_only(options, reader, prepared->shape, prepared->recording_id, clock);
  // One thread runs it, and nobody else posts to it: no locks.
  asio::io_context io(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
  Result<std::vector<RunSetup>> setups = make_setups(io, options, *prepared);
  if (!setups) return setups.error();
  return replay_and_store(io, *setups, options, *prepared, reader, *writer, control, clock);
}

}  // namespace tracerec::replay
