// Replays a recording as `tracerec replay --speed max` does, but for the storing of the responses: what storing costs.
// Prints the number of responses and the seconds that they took.
//   cmake -DTRACEREC_BENCH=ON … && build/release/bench/unstored FILE.db HOST:PORT CONNECTIONS
#include <cstdio>
#include <cstdlib>

#include "base/clock.h"
#include "bench/null_store.h"
#include "replay/asio_transport.h"
#include "replay/player.h"
#include "schema/reader.h"

namespace {

using namespace tracerec;
using namespace tracerec::replay;

template <class T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "unstored: %s\n", result.error().message.c_str());
  std::exit(2);
}

RecordingShape shape_of(schema::Reader& reader, schema::RowId recording) {
  ShapeBuilder builder;
  const Result<void> read = reader.for_each_connection(recording, [&](const schema::ConnectionSpan& span) {
    builder.add(span);
    return true;
  });
  if (!read) std::exit(2);
  return builder.shape();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  ReplayOptions options;
  options.pace = Pace::kMax;
  options.target = need(Target::parse(argv[2]));
  options.max_connections = std::strtoul(argv[3], nullptr, 10);
  const std::unique_ptr<schema::Reader> reader = need(schema::Reader::open(argv[1]));
  const schema::RowId recording = need(reader->newest_recording())->id;
  const RecordingShape shape = shape_of(*reader, recording);
  boost::asio::io_context io(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
  const auto transport = need(make_asio_transport(io, options.target, need(resolve(options.target)), {}));
  const auto causes = need(find_causes(*reader, recording, options));
  Causality causality(causes.get(), 1);
  const std::unique_ptr<ExchangeSource> source = whole_recording(*reader, recording);
  bench::NullStore store;
  const ReplayControl control;
  const SystemClock clock;
  const SteadyTime start = steady_now();
  const std::unique_ptr<Pacer> pacer = make_pacer(io, options, shape, start);
  ReplayContext context{.options = options,
                        .reader = *reader,
                        .source = *source,
                        .store = store,
                        .pacer = *pacer,
                        .io = io,
                        .clock = clock,
                        .start = start};
  Player::RunStates states;
  states.push_back(std::unique_ptr<RunState>(new RunState{.context = context,
                                                          .rewrite = make_rewrite(options.target, {}, {}),
                                                          .transport = *transport,
                                                          .causality = causality,
                                                          .run_id = 1}));
  states.back()->ledger.plan(shape.exchanges);
  const Result<void> replayed = Player(io, context, states, shape, control).run();
  if (!replayed) return 2;
  const std::chrono::duration<double> took = steady_now() - start;
  std::printf("%llu %.6f\n", static_cast<unsigned long long>(states.back()->ledger.answered()), took.count());
  return 0;
}
