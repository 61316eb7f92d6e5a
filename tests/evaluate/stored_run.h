// Small trace files for the tests of evaluate/: a recording, runs of it, and what each of them was answered.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evaluate/evaluate.h"
#include "schema/batch_writer.h"
#include "schema/reader.h"
#include "tests/testing/temp_dir.h"

namespace tracerec::evaluate::testing {

constexpr std::int64_t kStart = 1'700'000'000'000'000'000;

inline schema::BodyIn body_in(const std::string& text) {
  return {.wire_bytes = text.size(), .bytes = text, .stream_key = 0};
}

inline std::string response_head(int status, const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Type: application/json\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
}

// One exchange, and the response of the run to it.
struct Sent {
  std::string method = "GET";
  std::string target = "/";
  std::string recorded = "{}";  // the body
  std::string replayed = "{}";
  int status = 200;
  int new_status = 200;
  std::string failure{};  // of the run
  std::string notes{};
  std::string request_body{};
  std::string request_headers{};   // "Authorization: a\r\n"
  std::string recorded_headers{};  // of the response
  std::string replayed_headers{};
  std::int64_t at_ms = 0;  // of the recording, since kStart; 0: one after the other
  bool complete = true;
  std::string recorded_head{};  // of the response, in the place of the usual one
  std::string replayed_head{};
};

// What a run was sent back, by exchange id from 1; a missing one was not sent.
struct RunRows {
  std::vector<schema::Response> responses{};
  std::vector<schema::Substitutions> substitutions{};
  schema::Ledger ledger{};  // what was not sent, and notes; the counts of the responses are added
  schema::RowId baseline_run_id = 0;
  schema::RowId recheck_of = 0;
  schema::Secrets secrets = schema::Secrets::kUnknown;
  std::int64_t ended_unix_ns = kStart + 1;  // 0: it was killed
  bool balances = true;                     // false: the ledger is as given
};

inline schema::Response response_to(schema::RowId exchange, const std::string& body, int status = 200,
                                    const std::string& headers = {}) {
  schema::Response response;
  response.exchange_id = exchange;
  response.ttfb_ns = response.duration_ns = 1'000'000;
  response.status = status;
  response.response_head = response_head(status, body, headers);
  response.response_body = body_in(body);
  return response;
}

inline schema::Response failure_of(schema::RowId exchange, const std::string& reason) {
  schema::Response response;
  response.exchange_id = exchange;
  response.failure = reason;
  return response;
}

// Adds planned, sent, answered and failed to the ledger.
inline void balance(RunRows& rows) {
  std::uint64_t skipped = 0;
  for (const schema::LedgerEntry& entry : rows.ledger) skipped += entry.key.starts_with("skipped.") ? entry.count : 0;
  std::map<std::string, std::uint64_t> counts{
      {"planned", skipped + rows.responses.size()}, {"sent", rows.responses.size()}, {"answered", 0}};
  for (const schema::Response& response : rows.responses)
    ++counts[response.failure.empty() ? "answered" : "failed." + response.failure];
  for (const auto& [key, count] : counts) rows.ledger.push_back({key, count, 0});
}

class StoredRun {
 public:
  // `secrets`: the mark of the recording and of the run.
  // `options`: of the recording.
  explicit StoredRun(const std::vector<Sent>& exchanges, schema::Secrets secrets = schema::Secrets::kUnknown,
                     const std::string& options = {})
      : path_(folder_.file("t.db")) {
    auto writer = open();
    if (!writer) return;
    schema::Recording recording;
    recording.secrets = secrets;
    recording.options = options;
    EXPECT_TRUE(writer->begin_recording(recording));
    schema::Connection connection;
    connection.id = connection.recording_id = 1;
    EXPECT_TRUE(writer->submit(std::move(connection)));
    RunRows rows;
    rows.secrets = secrets;
    for (const Sent& sent : exchanges) {
      schema::Exchange exchange = exchange_of(sent, ++count_);
      EXPECT_TRUE(writer->submit(std::move(exchange)));
      rows.responses.push_back(sent.failure.empty()
                                   ? response_to(count_, sent.replayed, sent.new_status, sent.replayed_headers)
                                   : failure_of(count_, sent.failure));
      if (!sent.replayed_head.empty()) rows.responses.back().response_head = sent.replayed_head;
    }
    EXPECT_TRUE(writer->finish_recording(1, kStart + 1, {}));
    writer.reset();
    run_id_ = add_run(std::move(rows));
  }

  schema::RowId add_run(RunRows rows) {
    auto writer = open();
    if (!writer) return 0;
    schema::Run run;
    run.recording_id = 1;
    run.target = "http://staging:8080";
    run.started_unix_ns = kStart;
    run.baseline_run_id = rows.baseline_run_id;
    run.recheck_of = rows.recheck_of;
    run.secrets = rows.secrets;
    const auto id = writer->begin_run(run);
    EXPECT_TRUE(id);
    if (rows.balances) balance(rows);
    for (schema::Response& response : rows.responses) {
      response.run_id = *id;
      EXPECT_TRUE(writer->submit(std::move(response)));
    }
    for (schema::Substitutions& substitutions : rows.substitutions) {
      substitutions.run_id = *id;
      EXPECT_TRUE(writer->submit(std::move(substitutions)));
    }
    if (rows.ended_unix_ns != 0) {
      EXPECT_TRUE(writer->finish_runs({{*id, rows.ended_unix_ns, rows.ledger}}));
    }
    return *id;
  }

  [[nodiscard]] schema::Run run(schema::RowId id = 0) const {
    const auto reader = schema::Reader::open(path_);
    const auto found = (*reader)->run(id == 0 ? run_id_ : id);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : schema::Run{};
  }

  [[nodiscard]] Result<report::Report> evaluate(const Plan& plan = {}, const Recheck* recheck = nullptr,
                                                schema::RowId id = 0) const {
    return evaluate::evaluate(path_, run(id), plan, recheck);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] schema::RowId run_id() const { return run_id_; }

 private:
  [[nodiscard]] std::unique_ptr<schema::BatchWriter> open() const {
    auto writer = schema::BatchWriter::open(path_, {});
    EXPECT_TRUE(writer) << (writer ? "" : writer.error().message);
    return writer ? std::move(*writer) : nullptr;
  }

  static schema::Exchange exchange_of(const Sent& sent, schema::RowId id) {
    schema::Exchange exchange;
    exchange.id = exchange.seq = id;
    exchange.recording_id = exchange.connection_id = 1;
    exchange.started_unix_ns = kStart + (sent.at_ms == 0 ? id : sent.at_ms) * 1'000'000;
    exchange.ttfb_ns = exchange.duration_ns = 500'000;
    exchange.method = sent.method;
    exchange.target = sent.target;
    exchange.status = sent.status;
    exchange.complete = sent.complete;
    exchange.notes = sent.notes;
    exchange.request_head = sent.method + " " + sent.target +
                            " HTTP/1.1\r\nHost: shop\r\nContent-Length: " + std::to_string(sent.request_body.size()) +
                            "\r\n" + sent.request_headers + "\r\n";
    exchange.request_body = body_in(sent.request_body);
    exchange.response_head = response_head(sent.status, sent.recorded, sent.recorded_headers);
    if (!sent.recorded_head.empty()) exchange.response_head = sent.recorded_head;
    exchange.response_body = body_in(sent.recorded);
    return exchange;
  }

  tracerec::testing::TempDir folder_;
  std::string path_;
  schema::RowId count_ = 0;
  schema::RowId run_id_ = 0;
};

}  // namespace tracerec::evaluate::testing
