// Micro benchmarks of what an exchange goes through: parsing, stream assembly and pairing, hashing, inserting.
//   cmake -DTRACEREC_BENCH=ON … && build/release/bench/bench_pipeline
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/sha256.h"
#include "bench/null_store.h"
#include "body/json_document.h"
#include "http/parser.h"
#include "record/recorder.h"
#include "replay/rewrite.h"
#include "schema/batch_writer.h"
#include "schema/reader.h"
#include "testing/events.h"

namespace {

using namespace tracerec;

const std::string kRequest =
    "POST /customResponse HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: bench\r\nAccept: */*\r\n"
    "Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"size\":100}";

std::string response_of(std::size_t letters) {
  const std::string body = R"({"answer":")" + std::string(letters, 'x') + "\"}";
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nDate: Mon, 05 Oct 2026 10:00:00 GMT\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

template <class Parser>
void parse_whole(Parser& parser, std::string_view bytes) {
  parser.reset("POST");
  while (true) {
    const http::Step step = parser.next(bytes);
    if (step.part == http::Part::kEnd) break;
    bytes.remove_prefix(step.consumed);
  }
}

void parse_request(benchmark::State& state) {
  http::RequestParser parser;
  for (auto _ : state) parse_whole(parser, kRequest);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(parse_request)->Name("parse a request");

void parse_response(benchmark::State& state) {
  http::ResponseParser parser;
  const std::string text = response_of(100);
  for (auto _ : state) parse_whole(parser, text);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(parse_response)->Name("parse a response");

void rewrite(benchmark::State& state) {
  const std::string head = kRequest.substr(0, kRequest.find('{'));
  const replay::Rewrite rewrite{"http", "staging:8080", {}, {}, {}};
  for (auto _ : state) benchmark::DoNotOptimize(replay::rewrite_head(head, rewrite));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(rewrite)->Name("rewrite a request head for another host");

class NoSource final : public record::EventSource {
 public:
  Result<std::size_t> poll(int, const record::EventHandler&) override { return std::size_t{0}; }
  [[nodiscard]] bool exhausted() const override { return true; }
  void detach() override {}
  [[nodiscard]] record::SourceCounters counters() const override { return {}; }
};

// From kernel events to exchanges: assembly of both streams, parsing, pairing, replacing of secrets.
void assemble(benchmark::State& state) {
  NoSource source;
  bench::NullStore store;
  const SystemClock clock;
  record::TraceSink sink(store, {});
  record::Recorder recorder(source, sink, clock);
  testing::FakeConnection connection(1);
  recorder.on_event(connection.open().view());
  const std::string response = response_of(static_cast<std::size_t>(state.range(0)));
  auto request_event = connection.in(kRequest);
  auto response_event = connection.out(response);
  const auto step = static_cast<std::uint32_t>(kRequest.size());
  for (auto _ : state) {
    recorder.on_event(request_event.view());
    recorder.on_event(response_event.view());
    request_event.header.position += step;
    response_event.header.position += static_cast<std::uint32_t>(response.size());
  }
  if (store.exchanges != state.iterations()) state.SkipWithError("not every exchange came out");
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kRequest.size() + response.size()));
}
BENCHMARK(assemble)->Name("assemble, parse and pair an exchange; response of")->Arg(100)->Arg(1024)->Arg(102400);

void hash(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(sha256(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hash)->Name("SHA-256 of bytes")->Arg(64)->Arg(1024)->Arg(1 << 20);

schema::Exchange exchange(schema::RowId id, std::size_t letters) {
  schema::Exchange e;
  e.id = id;
  e.recording_id = 1;
  e.connection_id = id / 20 + 1;
  e.seq = id % 20;
  e.started_unix_ns = 1'700'000'000'000'000'000 + id * 1000;
  e.ttfb_ns = 1000;
  e.duration_ns = 2000;
  e.method = "POST";
  e.target = "/customResponse";
  e.status = 200;
  e.complete = true;
  const std::string response = response_of(letters);
  e.request_head = kRequest.substr(0, kRequest.find('{'));
  e.request_body = {12, kRequest.substr(kRequest.find('{')), 0};
  e.response_head = response.substr(0, response.find('{'));
  e.response_body = {response.size() - e.response_head.size(), response.substr(response.find('{')), 0};
  return e;
}

// So many rows at a time, until the last one is committed; both threads, the time is that of the wall.
constexpr schema::RowId kRows = 100'000;

void insert(benchmark::State& state) {
  const auto folder = std::filesystem::temp_directory_path() / ("tracerec-bench-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  auto writer = schema::BatchWriter::open(folder / "t.db", {});
  if (!writer) return state.SkipWithError(writer.error().message.c_str());
  schema::RowId id = 0;
  for (auto _ : state) {
    for (schema::RowId i = 0; i < kRows; ++i) {
      schema::Command command = exchange(++id, static_cast<std::size_t>(state.range(0)));
      while (!(*writer)->submit(std::move(command))) std::this_thread::yield();
    }
    if (!(*writer)->flush()) state.SkipWithError("the disk refused");
  }
  state.SetItemsProcessed(id);
  writer->reset();
  std::filesystem::remove_all(folder);
}
BENCHMARK(insert)->Name("insert 100,000 exchanges; responses of")->Arg(100)->Arg(1024)->UseRealTime()->Iterations(3);

void read_json(benchmark::State& state) {
  std::string text = "[";
  for (int i = 0; i < state.range(0); ++i) {
    text += (i > 0 ? "," : "") + std::string(R"({"id":)") + std::to_string(i) + R"(,"name":"thing","price":1.25})";
  }
  text += "]";
  for (auto _ : state) benchmark::DoNotOptimize(body::JsonDocument::parse(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(read_json)->Name("read JSON; objects")->Arg(3)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
