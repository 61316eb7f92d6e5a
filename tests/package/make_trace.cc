// Makes a trace file of one recorded exchange and one run: make_trace FILE BODY. The target's response has that body,
// the recorded one is "{}".
#include <cstdio>
#include <string>

#include "schema/batch_writer.h"

namespace {

using namespace tracerec::schema;

constexpr std::int64_t kNow = 1'700'000'000'000'000'000;

std::string response_head(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n";
}

BodyIn body_of(const std::string& text) {
  BodyIn body;
  body.wire_bytes = text.size();
  body.bytes = text;
  return body;
}

Exchange make_exchange() {
  Exchange exchange;
  exchange.id = exchange.recording_id = exchange.connection_id = 1;
  exchange.started_unix_ns = kNow;
  exchange.ttfb_ns = exchange.duration_ns = 1;
  exchange.method = "GET";
  exchange.target = "/";
  exchange.status = 200;
  exchange.complete = true;
  exchange.request_head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  exchange.response_head = response_head("{}");
  exchange.response_body = body_of("{}");
  return exchange;
}

Response make_response(const std::string& body) {
  Response response;
  response.run_id = response.exchange_id = 1;
  response.ttfb_ns = response.duration_ns = 1;
  response.status = 200;
  response.response_head = response_head(body);
  response.response_body = body_of(body);
  return response;
}

bool record(const std::string& path) {
  const auto writer = BatchWriter::open(path, {});
  if (!writer || !(*writer)->begin_recording({})) return false;
  Connection connection;
  connection.id = connection.recording_id = 1;
  return (*writer)->submit(std::move(connection)) && (*writer)->submit(make_exchange()) &&
         (*writer)->finish_recording(1, kNow + 1, {});
}

bool replay(const std::string& path, const std::string& body) {
  const auto writer = BatchWriter::open(path, {});
  Run run;
  run.recording_id = 1;
  run.started_unix_ns = kNow;
  const Ledger ledger = {{"planned", 1, 0}, {"sent", 1, 0}, {"answered", 1, 0}};
  return writer && (*writer)->begin_run(run) && (*writer)->submit(make_response(body)) &&
         (*writer)->finish_runs({{1, kNow + 1, ledger}});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && record(argv[1]) && replay(argv[1], argv[2])) return 0;
  std::fprintf(stderr, "make_trace FILE BODY: could not\n");
  return 2;
}
