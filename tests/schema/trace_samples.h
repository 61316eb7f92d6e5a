// Rows to write and ways to look at a file from outside, for the tests of schema/.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>

#include "schema/batch_writer.h"
#include "schema/reader.h"
#include "tests/testing/temp_dir.h"

namespace tracerec::schema::testing {

using tracerec::testing::read_whole_file;
using tracerec::testing::TempDir;
using tracerec::testing::write_whole_file;

inline std::unique_ptr<BatchWriter> open_writer(const std::string& path, const BatchWriterOptions& options = {}) {
  Result<std::unique_ptr<BatchWriter>> writer = BatchWriter::open(path, options);
  if (!writer) {
    ADD_FAILURE() << writer.error().message;
    return nullptr;
  }
  return std::move(*writer);
}

inline std::unique_ptr<Reader> open_reader(const std::string& path) {
  Result<std::unique_ptr<Reader>> reader = Reader::open(path);
  if (!reader) {
    ADD_FAILURE() << reader.error().message;
    return nullptr;
  }
  return std::move(*reader);
}

inline std::string open_error(const std::string& path) {
  const Result<std::unique_ptr<BatchWriter>> writer = BatchWriter::open(path, {});
  return writer ? "" : writer.error().message;
}

// Bytes that differ from position to position and from seed to seed.
inline std::string pattern(std::size_t bytes, unsigned seed = 1) {
  std::string text(bytes, '\0');
  std::uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (char& c : text) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    c = static_cast<char>(state >> 56);
  }
  return text;
}

inline Exchange sample_exchange(RowId id, RowId recording_id = 1) {
  Exchange e;
  e.id = id;
  e.recording_id = recording_id;
  e.connection_id = 1;
  e.seq = id;
  e.started_unix_ns = 1'700'000'000'000'000'000 + id * 1'000'000;
  e.ttfb_ns = 500'000;
  e.duration_ns = 700'000;
  e.method = "POST";
  e.target = "/orders/" + std::to_string(id);
  e.status = 200;
  e.complete = true;
  e.request_head = "POST " + e.target + " HTTP/1.1\r\nHost: a\r\ncontent-Length: 4\r\n\r\n";
  e.request_body = {.wire_bytes = 4, .bytes = "ping", .stream_key = 0};
  e.response_head = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
  e.response_body = {.wire_bytes = 4, .bytes = "pong", .stream_key = 0};
  return e;
}

// A head that announces a request body of so many bytes.
inline std::string head_for(std::size_t bytes) {
  return "POST /orders/1 HTTP/1.1\r\nHost: a\r\ncontent-Length: " + std::to_string(bytes) + "\r\n\r\n";
}

inline std::int64_t query(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  std::int64_t value = -1;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
  EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  if (sqlite3_step(statement) == SQLITE_ROW) value = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return value;
}

inline void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
}

inline bool is_intact(const std::string& path) {
  return query(path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1;
}

}  // namespace tracerec::schema::testing
