// Makes a small recording and replays it: the frame of the tests of replay/.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "replay/replay.h"
#include "schema/batch_writer.h"
#include "schema/reader.h"
#include "tests/testing/temp_dir.h"

namespace tracerec::replay::testing {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kRecordedAt = 1'700'000'000'000'000'000;

// What is recorded of one exchange; the rest follows from it.
struct Recorded {
  schema::RowId connection = 1;
  std::int64_t at_ns = 0;  // after the start of the recording
  std::string method = "GET";
  std::string target = "/";
  std::string headers = "Host: recorded\r\n";
  std::string body{};
  int status = 200;
  bool complete = true;
  std::string version = "HTTP/1.1";
  std::int64_t took_ns = kMs;
  std::string response_headers{};
  std::string response{};  // its body
  std::string notes{};
};

class Recording {
 public:
  // `options`: those of the record command, as JSON.
  explicit Recording(const std::string& options = {}) {
    auto writer = open_writer();
    schema::Recording row;
    row.options = options;
    const Result<schema::RowId> id = writer->begin_recording(row);
    EXPECT_TRUE(id && *id == 1);
  }

  // Exchanges of one connection in the order of their calls.
  void add(const std::vector<Recorded>& exchanges) {
    auto writer = open_writer();
    for (const Recorded& one : exchanges) {
      const std::int64_t seq = next_seq_[one.connection]++;
      if (seq == 0) {
        ASSERT_TRUE(writer->submit(schema::Connection{one.connection, 1, local, "10.9.9.9:5", kRecordedAt, false}));
      }
      schema::Command exchange = make(one, seq);
      while (!writer->submit(std::move(exchange))) ASSERT_TRUE(writer->flush());
    }
    ASSERT_TRUE(writer->flush());
    EXPECT_EQ(writer->error(), "");
  }

  // Replays and checks what must hold for every replay.
  Result<ReplaySummary> replay(ReplayOptions options, const ReplayControl& control = {},
                               const schema::BatchWriterOptions& writing = {}) {
    auto read = reader();
    auto writer = open_writer(writing);
    Result<ReplaySummary> summary =
        replay::replay(options, *read, options.dry_run ? nullptr : writer.get(), control, SystemClock());
    if (summary && !options.dry_run) check(*summary);
    return summary;
  }

  std::unique_ptr<schema::Reader> reader() {
    auto reader = schema::Reader::open(path_);
    EXPECT_TRUE(reader) << reader.error().message;
    return std::move(*reader);
  }

  // "1:200 2:timeout": the responses of the newest run by exchange.
  std::string responses() {
    auto read = reader();
    const auto run = read->newest_run();
    std::string text;
    EXPECT_TRUE(
        read->for_each_response((*run)->id, [&](const schema::StoredExchange& e, const schema::StoredResponse& a) {
          text += (text.empty() ? "" : " ") + std::to_string(e.id) + ":" +
                  (a.failure.empty() ? std::to_string(a.status) : a.failure);
          return true;
        }));
    return text;
  }

  schema::StoredResponse response(schema::RowId exchange) {
    auto read = reader();
    const auto response = read->response((*read->newest_run())->id, exchange);
    EXPECT_TRUE(response && *response);
    return response && *response ? **response : schema::StoredResponse{};
  }

  std::string response_body(schema::RowId exchange) {
    return *reader()->load_body(response(exchange).response_body, SIZE_MAX);
  }

  [[nodiscard]] const std::string& path() const { return path_; }

  std::string local = "192.0.2.7:80";  // TEST-NET-1: not where the tests' servers are

  std::unique_ptr<schema::BatchWriter> open_writer(const schema::BatchWriterOptions& options = {}) {
    auto writer = schema::BatchWriter::open(path_, options);
    EXPECT_TRUE(writer) << writer.error().message;
    return std::move(*writer);
  }

 private:
  schema::Exchange make(const Recorded& one, std::int64_t seq) {
    schema::Exchange e;
    e.id = ++last_id_;
    e.recording_id = 1;
    e.connection_id = one.connection;
    e.seq = seq;
    e.started_unix_ns = kRecordedAt + one.at_ns;
    e.ttfb_ns = e.duration_ns = one.took_ns;
    e.method = one.method;
    e.target = one.target;
    e.status = one.status;
    e.complete = one.complete;
    e.notes = one.notes;
    e.request_head = one.method + " " + one.target + " " + one.version + "\r\n" + one.headers;
    if (!one.body.empty() && one.headers.find("ransfer-") == std::string::npos) {
      e.request_head += "Content-Length: " + std::to_string(one.body.size()) + "\r\n";
    }
    e.request_head += "\r\n";
    e.request_body = {.wire_bytes = one.body.size(), .bytes = one.body, .stream_key = 0};
    e.response_head = "HTTP/1.1 " + std::to_string(one.status) + " x\r\n" + one.response_headers + "\r\n";
    e.response_body = {.wire_bytes = one.response.size(), .bytes = one.response, .stream_key = 0};
    return e;
  }

  void check(const ReplaySummary& summary) {
    std::map<std::string, std::uint64_t> sums;
    const auto ledger = reader()->run_ledger(summary.run_id);
    ASSERT_TRUE(ledger);
    for (const schema::LedgerEntry& entry : *ledger) sums[entry.key.substr(0, entry.key.find('.'))] += entry.count;
    EXPECT_EQ(sums["planned"], static_cast<std::uint64_t>(last_id_));
    EXPECT_EQ(sums["planned"], sums["sent"] + sums["skipped"]);
    EXPECT_EQ(sums["sent"], sums["answered"] + sums["failed"]);
    EXPECT_EQ(summary.sent, sums["sent"]);
    EXPECT_EQ(summary.failed, sums["failed"]);
    const auto runs = reader()->runs();
    const auto run = std::find_if(runs->begin(), runs->end(),
                                  [&](const schema::RunSummary& one) { return one.run.id == summary.run_id; });
    ASSERT_NE(run, runs->end());
    EXPECT_EQ(run->responses, sums["sent"]);
    EXPECT_EQ(run->failed, sums["failed"]);
    EXPECT_NE(run->run.ended_unix_ns, 0);
    for (const ReplaySummary& baseline : summary.baseline) check(baseline);
  }

  tracerec::testing::TempDir dir_;
  std::string path_ = dir_.file("t.db");
  std::map<schema::RowId, std::int64_t> next_seq_;
  schema::RowId last_id_ = 0;
};

inline ReplayOptions options_for(std::uint16_t port, Pace pace = Pace::kMax) {
  ReplayOptions options;
  options.target = *Target::parse("127.0.0.1:" + std::to_string(port));
  options.pace = pace;
  return options;
}

inline std::uint64_t count_of(const ReplaySummary& summary, const std::string& key) {
  for (const schema::LedgerEntry& entry : summary.ledger) {
    if (entry.key == key) return entry.count;
  }
  return 0;
}

}  // namespace tracerec::replay::testing
