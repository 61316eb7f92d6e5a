// A trace file with exchanges that are given byte for byte.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "schema/batch_writer.h"
#include "schema/reader.h"
#include "tests/testing/temp_dir.h"

namespace tracerec::evaluate::testing {

class StoredExchanges {
 public:
  explicit StoredExchanges(const std::string& local = "192.0.2.7:8080", bool tls = false) {
    auto writer = open();
    EXPECT_TRUE(writer->begin_recording({}));
    schema::Connection connection;
    connection.id = connection.recording_id = 1;
    connection.local = local;
    connection.tls = tls;
    EXPECT_TRUE(writer->submit(std::move(connection)));
    EXPECT_TRUE(writer->flush());
  }

  // `head` from the request line to the empty line. Gives the id.
  schema::RowId add(const std::string& head, const std::string& body = {}, const std::string& response_head = {},
                    const std::string& response_body = {}) {
    auto writer = open();
    schema::Exchange exchange;
    exchange.id = exchange.seq = ++count_;
    exchange.recording_id = exchange.connection_id = 1;
    exchange.started_unix_ns = count_ * 1'000'000'000;
    exchange.ttfb_ns = exchange.duration_ns = 1'000'000;
    exchange.method = head.substr(0, head.find(' '));
    exchange.complete = true;
    exchange.request_head = head;
    exchange.request_body = {.wire_bytes = body.size(), .bytes = body, .stream_key = 0};
    exchange.response_head = response_head;
    exchange.response_body = {.wire_bytes = response_body.size(), .bytes = response_body, .stream_key = 0};
    EXPECT_TRUE(writer->submit(std::move(exchange)));
    EXPECT_TRUE(writer->flush());
    return count_;
  }

  // A run against `target`.
  schema::Run add_run(const std::string& target, const std::string& options) {
    auto writer = open();
    schema::Run run;
    run.recording_id = 1;
    run.target = target;
    run.options = options;
    const auto id = writer->begin_run(run);
    EXPECT_TRUE(id);
    EXPECT_TRUE(writer->flush());
    run.id = id ? *id : 0;
    return run;
  }

  // What the run was sent back, and what it had put into the request.
  void respond(const schema::Run& run, schema::RowId exchange, const std::string& head, const std::string& body,
               std::vector<schema::Substitution> values = {}) {
    auto writer = open();
    schema::Response response;
    response.run_id = run.id;
    response.exchange_id = exchange;
    response.status = 200;
    response.sent_ns = exchange * 1'000'000'000;
    response.ttfb_ns = response.duration_ns = 1'000'000;
    response.response_head = head;
    response.response_body = {.wire_bytes = body.size(), .bytes = body, .stream_key = 0};
    EXPECT_TRUE(writer->submit(std::move(response)));
    EXPECT_TRUE(writer->submit(schema::Substitutions{run.id, exchange, std::move(values)}));
    EXPECT_TRUE(writer->flush());
  }

  std::unique_ptr<schema::Reader> reader() const {
    auto reader = schema::Reader::open(path_);
    EXPECT_TRUE(reader) << (reader ? "" : reader.error().message);
    return std::move(*reader);
  }

  schema::StoredExchange exchange(schema::RowId id) const {
    const auto found = reader()->exchange(id);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : schema::StoredExchange{};
  }

 private:
  std::unique_ptr<schema::BatchWriter> open() const {
    auto writer = schema::BatchWriter::open(path_, {});
    EXPECT_TRUE(writer) << (writer ? "" : writer.error().message);
    return std::move(*writer);
  }

  tracerec::testing::TempDir folder_;
  std::string path_ = folder_.file("t.db");
  schema::RowId count_ = 0;
};

}  // namespace tracerec::evaluate::testing
