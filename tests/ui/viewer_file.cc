// Writes a trace file for the browser tests of the viewer: a small shop, a run that fails, and hostile content.
//   viewer_file FILE.db [plain|live]    plain: the shop alone; live: a recording only, that goes on with each line of
//                                       standard input, and ends with it
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/batch_writer.h"

namespace {

using namespace tracerec;

constexpr std::int64_t kStart = 1'790'000'000'000'000'000;
constexpr std::int64_t kMs = 1'000'000;
constexpr std::size_t kLargeBytes = std::size_t{10} << 20;

struct Made {
  std::string method = "GET", target = "/", recorded = "{}", replayed = "{}";
  int status = 200, new_status = 200;
  std::int64_t took_ms = 4, new_took_ms = 5;
  std::string request_body{}, recorded_headers{}, replayed_headers{}, type = "application/json";
  std::string failure{};
};

std::string with(const std::string& name, int number) {
  const std::string n = std::to_string(number);
  return R"({"id":)" + n + ",\"" + name + R"(":"cleo )" + n + R"(","total":)" + n + R"(.5,"at":"2026-09-21T1)" +
         std::to_string(number % 10) + R"(:00:00Z"})";
}

std::string items(const char* price) {
  return std::string(R"({"items":[{"name":"tea","price":)") + price + R"(},{"name":"café","price":)" + price + "}]}";
}

// A body that a browser must not draw at once.
std::string large(char letter) {
  std::string body = R"({"rows":[)";
  for (int i = 0; body.size() < kLargeBytes; ++i)
    body += (i > 0 ? "," : "") + std::string(R"({"row":)") + std::to_string(i) + R"(,"text":")" +
            std::string(60, i == 7 ? letter : 'x') + R"("})";
  return body + "]}";
}

// Everything that a page could be tempted to run, load or reorder.
std::vector<Made> hostile() {
  const std::string script = "<script>document.title='owned'</script>";
  const std::string image = "<img src=http://evil.invalid/x onerror=document.title='owned'>";
  const std::string svg = "<svg onload=document.title='owned'><a xlink:href='javascript:alert(1)'>x</a></svg>";
  return {
      {.target = "/hostile/html?q=" + std::string("<script>document.title=1</script>"),
       .recorded = script + image,
       .replayed = script + svg,
       .recorded_headers = "X-Name: " + script + "\r\n",
       .replayed_headers = "X-Name: " + image + "\r\n",
       .type = "text/html"},
      {.target = "/hostile/json",
       .recorded = R"({"name":")" + script + R"(","__proto__":{"a":1},"constructor":"x"})",
       .replayed = "{\"name\":\"" + svg + "\",\"user\":\"admin\u202E\u2066gnp.exe\u2069\",\"zero\":\"a\u200Bb\"}"},
      {.target = "/hostile/bytes",
       .recorded = std::string("caf\xe9 \x1b[31m red \0 end", 22),
       .replayed = "\xff\xfe\x00 not utf-8 \x07\x9b",
       .recorded_headers = "X-Latin: caf\xe9\r\n",
       .type = "text/plain; charset=x-unknown"},
      {.target = "/hostile/shift-jis",
       .recorded = "\x93\xfa\x96\x7b",
       .replayed = "\x93\xfa\x96\x7b\x8c\xea",
       .type = "text/plain; charset=shift_jis"},
  };
}

std::vector<Made> shop(bool is_plain) {
  std::vector<Made> all;
  for (int round = 0; round < 12; ++round) {
    all.push_back({.target = "/orders/" + std::to_string(round),
                   .recorded = with("customer", round),
                   .replayed = with("customerName", round),
                   .took_ms = 3 + round % 4,
                   .new_took_ms = 4 + round % 5});
    all.push_back(
        {.target = "/catalog", .recorded = items("2.5"), .replayed = items(R"("2.50")"), .new_took_ms = 30 + round});
    // Equal requests, and a field that varies on its own.
    all.push_back({.target = "/health",
                   .recorded = R"({"ok":true,"load":)" + std::to_string(round * 7 % 10) + "}",
                   .replayed = R"({"ok":true,"load":)" + std::to_string(round * 3 % 10) + "}",
                   .took_ms = 1,
                   .new_took_ms = 1});
  }
  all.push_back({.method = "POST",
                 .target = "/login",
                 .took_ms = 60,
                 .new_took_ms = 70,
                 .request_body = R"({"user":"anna"})",
                 .recorded_headers = "Set-Cookie: sid=one; HttpOnly; Path=/\r\n",
                 .replayed_headers = "Set-Cookie: sid=two; Path=/\r\n"});
  all.push_back({.target = "/reports", .new_status = 500, .took_ms = 900, .new_took_ms = 12});
  if (is_plain) return all;
  for (Made& one : hostile()) all.push_back(std::move(one));
  all.push_back(
      {.target = "/export", .recorded = large('a'), .replayed = large('b'), .took_ms = 700, .new_took_ms = 800});
  return all;
}

schema::BodyIn body_of(const std::string& text) {
  return {.wire_bytes = text.size(), .bytes = text, .stream_key = 0};
}

std::string head_of(int status, const Made& made, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + (status == 200 ? " OK" : " Internal Server Error") +
         "\r\nContent-Type: " + made.type + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n";
}

schema::Exchange exchange_of(const Made& made, schema::RowId id, int connections) {
  schema::Exchange one;
  one.id = id;
  one.recording_id = 1;
  one.connection_id = 1 + id % connections;
  one.seq = id / connections;
  one.started_unix_ns = kStart + id * 40 * kMs;
  one.ttfb_ns = one.duration_ns = made.took_ms * kMs;
  one.method = made.method;
  one.target = made.target;
  one.status = made.status;
  one.complete = true;
  one.request_head = made.method + " " + made.target +
                     " HTTP/1.1\r\nHost: shop.example\r\nContent-Length: " + std::to_string(made.request_body.size()) +
                     "\r\nCookie: sid=one\r\n\r\n";
  one.request_body = body_of(made.request_body);
  one.response_head = head_of(made.status, made, made.recorded_headers, made.recorded);
  one.response_body = body_of(made.recorded);
  return one;
}

schema::Response response_of(const Made& made, schema::RowId id, schema::RowId run_id) {
  schema::Response one;
  one.run_id = run_id;
  one.exchange_id = id;
  one.intended_ns = one.sent_ns = id * 10 * kMs;
  one.ttfb_ns = one.duration_ns = made.new_took_ms * kMs;
  one.status = made.new_status;
  one.response_head = head_of(made.new_status, made, made.replayed_headers, made.replayed);
  one.response_body = body_of(made.replayed);
  return one;
}

// Ends the program with what is wrong.
template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "viewer_file: %s\n", result.error().message.c_str());
  std::exit(1);
}

void write(schema::BatchWriter& writer, schema::Command command) {
  while (!writer.submit(std::move(command))) {
    if (const auto flushed = writer.flush(); !flushed) must(Result<int>(flushed.error()));
  }
}

constexpr int kConnections = 4;

std::unique_ptr<schema::BatchWriter> begin_recording(const std::string& path) {
  auto writer = must(schema::BatchWriter::open(path, {}));
  schema::Recording recording;
  recording.name = "shop";
  recording.command = "/usr/bin/shop --port 8080";
  recording.host = "web-1, Linux 6.12";
  recording.pid = 4711;
  recording.version = "0.1.0";
  recording.options = "{}";
  recording.started_unix_ns = kStart;
  recording.secrets = schema::Secrets::kReplaced;
  must(writer->begin_recording(recording));
  for (int i = 1; i <= kConnections; ++i)
    write(*writer, schema::Connection{.id = i,
                                      .recording_id = 1,
                                      .local = "10.0.0.2:8080",
                                      .peer = "10.0.0." + std::to_string(8 + i) + ":4000" + std::to_string(i),
                                      .opened_unix_ns = kStart});
  return writer;
}

void end_recording(schema::BatchWriter& writer, schema::RowId id) {
  const auto count = static_cast<std::uint64_t>(id);
  const auto ended = writer.finish_recording(1, kStart + (id + 20) * 40 * kMs,
                                             {{"exchanges", count, 0}, {"seen", count, 1000}, {"stored", count, 1000}});
  if (!ended) must(Result<int>(ended.error()));
}

void record(const std::string& path, const std::vector<Made>& all) {
  const auto writer = begin_recording(path);
  schema::RowId id = 0;
  for (const Made& one : all) write(*writer, exchange_of(one, ++id, kConnections));
  end_recording(*writer, id);
}

// As a recorder does: what came is written batch by batch. Says each time how many exchanges there are.
void record_live(const std::string& path, const std::vector<Made>& all) {
  const auto writer = begin_recording(path);
  schema::RowId id = 0;
  std::string line;
  do {
    for (const Made& one : all) write(*writer, exchange_of(one, ++id, kConnections));
    if (const auto flushed = writer->flush(); !flushed) must(Result<int>(flushed.error()));
    std::cout << id << std::endl;
  } while (std::getline(std::cin, line));
  end_recording(*writer, id);
}

void replay(const std::string& path, const std::vector<Made>& all) {
  const auto writer = must(schema::BatchWriter::open(path, {}));
  schema::Run run;
  run.recording_id = 1;
  run.target = "http://staging.shop.example:8080";
  run.options = "{}";
  run.started_unix_ns = kStart + 3'600'000 * kMs;
  run.secrets = schema::Secrets::kReplaced;
  const schema::RowId run_id = must(writer->begin_run(run));
  schema::RowId id = 0;
  for (const Made& one : all) write(*writer, response_of(one, ++id, run_id));
  // The cookie of the login came from the target.
  write(*writer, schema::Substitutions{run_id, id, {{"header Cookie sid", 37, "header Set-Cookie sid", true}}});
  const auto count = static_cast<std::uint64_t>(id);
  const auto ended = writer->finish_runs({{run_id,
                                           run.started_unix_ns + (id + 80) * 10 * kMs,
                                           {{"planned", count, 0}, {"sent", count, 0}, {"answered", count, 0}}}});
  if (!ended) must(Result<int>(ended.error()));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[2] : "";
  if (argc < 2 || argc > 3 || (argc == 3 && mode != "plain" && mode != "live")) {
    std::fprintf(stderr, "usage: viewer_file FILE.db [plain|live]\n");
    return 2;
  }
  const std::vector<Made> all = shop(!mode.empty());
  if (mode == "live") {
    record_live(argv[1], all);
    return 0;
  }
  record(argv[1], all);
  replay(argv[1], all);
  return 0;
}
