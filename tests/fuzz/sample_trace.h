// A small trace file with something in every table, and a private folder in memory to put changed copies of it in.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "fuzz.h"
#include "schema/batch_writer.h"

namespace tracerec::fuzz {

inline constexpr std::int64_t kSampleStart = 1'700'000'000'000'000'000;

// Goes away at the end of the process.
class MemoryFolder {
 public:
  MemoryFolder() {
    std::string name =
        std::filesystem::exists("/dev/shm") ? "/dev/shm/tracerec-fuzz-XXXXXX" : "/tmp/tracerec-fuzz-XXXXXX";
    FUZZ_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;
  ~MemoryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::string path_;
};

// Rows are handed over one by one; the writer has room for all of them.
class SampleTrace {
 public:
  explicit SampleTrace(const std::string& path) {
    auto opened = schema::BatchWriter::open(path, {});
    FUZZ_CHECK(opened.has_value());
    writer_ = std::move(*opened);
    schema::Recording recording;
    recording.name = "sample";
    recording.started_unix_ns = kSampleStart;
    recording.options = R"({"redact":"default"})";
    FUZZ_CHECK(writer_->begin_recording(recording).has_value());
    for (const schema::RowId id : {1, 2})
      submit(schema::Connection{id, 1, "10.0.0.1:8080", "10.9.9.9:5", kSampleStart, false});
    add_exchanges();
    FUZZ_CHECK(writer_->finish_recording(1, kSampleStart + 1, {{"exchanges", 4, 400}}).has_value());
    writer_.reset();  // gives up its lock
    auto again = schema::BatchWriter::open(path, {});
    FUZZ_CHECK(again.has_value());
    writer_ = std::move(*again);
    add_run();
  }

 private:
  void submit(schema::Command&& command) { FUZZ_CHECK(writer_->submit(std::move(command))); }

  void add_exchanges() {
    add("POST", "/orders", R"({"item":1})", 201, R"({"id":17,"token":"723bd033-dff5-4ff3-b1bf-aee9bea2340a"})");
    add("GET", "/orders/17", "", 200, R"({"id":17,"total":4.5,"items":[{"id":1},{"id":2}]})");
    add("GET", "/orders/17", "", 200, R"({"id":17,"total":4.5,"items":[{"id":2},{"id":1}]})");
    add("GET", "/long", "", 200, std::string(9000, 'x'));
    submit(schema::Opaque{1, 2, true, 0, kSampleStart, "not_http", "\x16\x03\x01"});
  }

  void add(const std::string& method, const std::string& target, const std::string& request, int status,
           const std::string& response) {
    schema::Exchange row;
    row.id = ++count_;
    row.recording_id = 1;
    row.connection_id = 1 + count_ % 2;
    row.seq = (count_ - 1) / 2;
    row.started_unix_ns = kSampleStart + count_ * 10'000'000;
    row.ttfb_ns = row.duration_ns = 1'000'000;
    row.method = method;
    row.target = target;
    row.status = status;
    row.complete = true;
    row.request_head =
        method + " " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + length(request) + "\r\n\r\n";
    row.request_body = body(request);
    row.interim = count_ == 1 ? "HTTP/1.1 103 Early Hints\r\n\r\n" : "";
    row.response_head = head(status, response);
    row.response_body = body(response);
    submit(std::move(row));
  }

  void add_run() {
    schema::Run run;
    run.recording_id = 1;
    run.target = "http://staging:8080";
    run.options = "{}";
    run.started_unix_ns = kSampleStart;
    const auto id = writer_->begin_run(run);
    FUZZ_CHECK(id.has_value());
    for (schema::RowId exchange = 1; exchange <= count_; ++exchange) respond(*id, exchange);
    submit(schema::Substitutions{*id, 2, {{"path segment 2", 1, "$.id", true}}});
    FUZZ_CHECK(writer_
                   ->finish_runs({{*id,
                                   kSampleStart + 2,
                                   {{"planned", 4, 0}, {"sent", 4, 0}, {"answered", 3, 0}, {"failed.timeout", 1, 0}}}})
                   .has_value());
    writer_.reset();
  }

  void respond(schema::RowId run, schema::RowId exchange) {
    schema::Response row;
    row.run_id = run;
    row.exchange_id = exchange;
    row.ttfb_ns = row.duration_ns = 2'000'000;
    const std::string content = exchange == 4 ? std::string(9000, 'y') : R"({"id":42,"total":5,"items":[]})";
    row.failure = exchange == 3 ? "timeout" : "";
    row.status = exchange == 3 ? 0 : 200;
    row.response_head = exchange == 3 ? "" : head(200, content);
    row.response_body = body(exchange == 3 ? "" : content);
    row.interim = "103";
    submit(std::move(row));
  }

  static std::string length(const std::string& text) { return std::to_string(text.size()); }
  static std::string head(int status, const std::string& content) {
    return "HTTP/1.1 " + std::to_string(status) +
           " x\r\nContent-Type: application/json\r\nContent-Length: " + length(content) + "\r\n\r\n";
  }
  static schema::BodyIn body(const std::string& text) {
    return {.wire_bytes = text.size(), .bytes = text, .stream_key = 0};
  }

  std::unique_ptr<schema::BatchWriter> writer_;
  schema::RowId count_ = 0;
};

}  // namespace tracerec::fuzz
