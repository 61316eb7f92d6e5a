// Exchanges that are put aside while the machine is busy: readers see them as if they had their rows, they get them in
// the end, and neither a kill nor a hostile file does harm.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "schema/packed.h"
#include "schema/packed_exchanges.h"
#include "tests/schema/trace_samples.h"

namespace tracerec::schema::testing {
namespace {

constexpr RowId kMost = 3000;

struct Packed : ::testing::Test {
  TempDir dir;
  std::string path = dir.file("t.db");
  std::atomic<bool> busy{true};

  BatchWriterOptions options() {
    BatchWriterOptions chosen;
    chosen.is_machine_busy = [this] { return busy.load(); };
    return chosen;
  }
  std::int64_t waiting_rows() { return query(path, "SELECT count(*) FROM packed_exchange"); }
  std::int64_t plain_rows() { return query(path, "SELECT count(*) FROM exchange"); }
};

// Ids from 1: ten connections with requests in turn, every hundredth with a large body, each tenth a copy of the one
// before.
Exchange numbered(RowId id) {
  Exchange e = sample_exchange(id % 10 == 0 ? id - 1 : id);
  e.id = id;
  e.connection_id = 1 + id % 10;
  e.seq = id / 10;
  e.started_unix_ns = 1'700'000'000'000'000'000 + id;
  e.notes = id % 7 == 0 ? "redacted" : "";
  if (id % 100 == 0) {
    const std::string body = pattern(20'000, static_cast<unsigned>(id));
    e.request_head = head_for(body.size());
    e.request_body = {.wire_bytes = body.size(), .bytes = body, .stream_key = 0};
  }
  return e;
}

void submit(BatchWriter& writer, Exchange exchange) {
  Command command = std::move(exchange);
  while (!writer.submit(std::move(command))) std::this_thread::yield();
}

void write_all(BatchWriter& writer) {
  ASSERT_TRUE(writer.begin_recording({}));
  for (RowId id = 1; id <= kMost; ++id) submit(writer, numbered(id));
  ASSERT_TRUE(writer.flush());
}

std::string text_of(Reader& reader, const StoredExchange& e) {
  const auto body = reader.load_body(e.request_body, SIZE_MAX);
  return std::to_string(e.id) + '|' + std::to_string(e.connection_id) + '|' + std::to_string(e.seq) + '|' +
         std::to_string(e.started_unix_ns) + '|' + std::to_string(e.ttfb_ns) + '|' + std::to_string(e.duration_ns) +
         '|' + e.method + '|' + e.target + '|' + std::to_string(e.status) + '|' + std::to_string(int{e.complete}) +
         '|' + e.notes + '|' + e.request_head + '|' + e.response_head + '|' + e.interim + '|' + *body + '|' +
         e.response_body.bytes + '\n';
}

// Everything that the kinds of queries give: by recording, by id, by connection, of equal requests.
std::string all_that_is_read(Reader& reader) {
  std::string text;
  const auto add = [&](const StoredExchange& e) {
    text += text_of(reader, e);
    return true;
  };
  EXPECT_TRUE(reader.for_each_exchange(1, add));
  EXPECT_TRUE(reader.for_each_request(1, [&](const StoredExchange& e) {
    text += e.request_head;
    return true;
  }));
  text += reader.exchange(1)->value().target + reader.exchange(kMost)->value().target;
  EXPECT_TRUE(reader.for_each_connection(1, [&](const ConnectionSpan& span) {
    text += std::to_string(span.connection_id) + ' ' + std::to_string(span.exchanges) + '\n';
    for (const auto& e : *reader.next_requests(1, span.connection_id, -1, 1000)) text += e.request_head;
    return true;
  }));
  EXPECT_TRUE(reader.for_each_duplicate(
      1, {}, [](const RequestEvent&) { return std::optional(EqualKey{}); },
      [&](const Duplicate& duplicate) { return add(duplicate.exchange); }));
  EXPECT_TRUE(reader.for_each_start(1, [&](std::int64_t at) {
    text += std::to_string(at);
    return true;
  }));
  for (const bool newest_first : {false, true}) {
    LineRange range;
    range.recording_id = 1;
    range.newest_first = newest_first;
    EXPECT_TRUE(reader.for_each_line(range, [&](const ExchangeLine& line) {
      text += std::to_string(line.id) + line.target + ' ';
      return true;
    }));
  }
  EXPECT_TRUE(reader.for_each_time(1, [&](const ExchangeTime& time) {
    text += std::to_string(time.started_unix_ns) + ' ';
    return true;
  }));
  const auto ids = reader.exchange_ids(1);
  text += std::to_string(ids->first) + '-' + std::to_string(ids->second) + ' ' +
          std::to_string(reader.recordings()->front().exchanges);
  return text;
}

TEST_F(Packed, AReaderSeesTheSameBeforeAndAfterTheyGetTheirRows) {
  std::string before;
  {
    auto writer = open_writer(path, options());
    write_all(*writer);
    EXPECT_EQ(plain_rows(), kMost / 100) << "those with large bodies";
    EXPECT_GT(waiting_rows(), 1);
    before = all_that_is_read(*open_reader(path));
    EXPECT_EQ(writer->written().exchanges, std::uint64_t{kMost});
    ASSERT_TRUE(writer->finish_recording(1, 5, {}));
  }
  EXPECT_EQ(waiting_rows(), 0);
  EXPECT_EQ(plain_rows(), kMost);
  EXPECT_TRUE(is_intact(path));
  EXPECT_GT(before.size(), std::size_t{kMost} * 200);
  EXPECT_TRUE(before == all_that_is_read(*open_reader(path)));
}

TEST_F(Packed, RowsAreTheSameAsWithoutPacking) {
  const std::string plain = dir.file("plain.db");
  for (const std::string& file : {path, plain}) {
    auto writer = open_writer(file, file == path ? options() : BatchWriterOptions{});
    write_all(*writer);
    ASSERT_TRUE(writer->finish_recording(1, 5, {}));
  }
  run_sql(path, "ATTACH '" + plain +
                    "' AS other; CREATE TABLE main.odd AS SELECT * FROM (SELECT * FROM main.exchange EXCEPT"
                    " SELECT * FROM other.exchange) UNION ALL SELECT * FROM (SELECT * FROM other.exchange EXCEPT"
                    " SELECT * FROM main.exchange)");
  // Ids of large bodies follow the order of writing, which packing does not change.
  EXPECT_EQ(query(path, "SELECT count(*) FROM odd"), 0);
  EXPECT_EQ(plain_rows(), kMost);
}

TEST_F(Packed, AnIdleMachineGivesThemTheirRowsWhileTheRecordingGoesOn) {
  auto writer = open_writer(path, options());
  write_all(*writer);
  ASSERT_GT(waiting_rows(), 0);
  auto reader = open_reader(path);
  const std::string before = all_that_is_read(*reader);
  busy = false;
  for (int i = 0; i < 1000 && waiting_rows() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(waiting_rows(), 0);
  EXPECT_EQ(plain_rows(), kMost);
  EXPECT_TRUE(before == all_that_is_read(*reader)) << "one that was opened before sees the file as it was";
  submit(*writer, numbered(kMost + 1));
  ASSERT_TRUE(writer->flush());
  EXPECT_EQ(waiting_rows(), 0) << "with time to spare they get rows at once";
  EXPECT_EQ(plain_rows(), kMost + 1);
}

// Between the look at packed_exchange and the first query a batch may be committed.
TEST_F(Packed, AReaderThatOpensBeforeTheFirstOfThemIsCommittedSeesNothingOfThatBatch) {
  BatchWriterOptions slow = options();
  slow.commit_interval_ns = 3'600'000'000'000;
  auto writer = open_writer(path, slow);
  ASSERT_TRUE(writer->begin_recording({}));
  submit(*writer, numbered(1));
  submit(*writer, numbered(100));  // has a row at once
  while (writer->queued_bytes() != 0) std::this_thread::yield();
  auto reader = open_reader(path);
  ASSERT_TRUE(writer->flush());
  ASSERT_EQ(waiting_rows(), 1);
  ASSERT_EQ(plain_rows(), 1);
  EXPECT_EQ(reader->recordings()->front().exchanges, 0u);
  EXPECT_EQ(open_reader(path)->recordings()->front().exchanges, 2u);
}

TEST_F(Packed, NothingIsPutAsideWhileAReaderFollows) {
  auto writer = open_writer(path, options());
  ASSERT_TRUE(writer->begin_recording({}));
  ASSERT_TRUE(writer->flush());
  {
    auto reader = open_reader(path);
    submit(*writer, numbered(1));
    submit(*writer, numbered(100));
    ASSERT_TRUE(writer->flush());
    EXPECT_EQ(waiting_rows(), 0);
    EXPECT_EQ(reader->recordings()->front().exchanges, 2u);
  }
  submit(*writer, numbered(2));
  ASSERT_TRUE(writer->flush());
  EXPECT_EQ(waiting_rows(), 1);
  EXPECT_EQ(open_reader(path)->recordings()->front().exchanges, 3u);
}

TEST_F(Packed, NoMoreThanTheBoundWait) {
  BatchWriterOptions bounded = options();
  bounded.most_packed_bytes = 100'000;
  bounded.commit_bytes = 50'000;
  auto writer = open_writer(path, bounded);
  write_all(*writer);
  EXPECT_GT(waiting_rows(), 0);
  EXPECT_LE(query(path, "SELECT sum(length(data)) FROM packed_exchange"), 100'000 + 2 * 50'000);
  EXPECT_GT(plain_rows(), kMost / 2);
}

TEST_F(Packed, AfterAKillTheyAreReadAndTheNextWriterGivesThemTheirRows) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto writer = open_writer(path, options());
    write_all(*writer);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const std::string before = all_that_is_read(*open_reader(path));
  {
    auto writer = open_writer(path);
    EXPECT_EQ(writer->next_ids()->exchange, kMost + 1);
    EXPECT_EQ(waiting_rows(), 0);
    EXPECT_EQ(plain_rows(), kMost);
    EXPECT_EQ(writer->written().exchanges, 0u) << "it did not record them";
  }
  EXPECT_TRUE(before == all_that_is_read(*open_reader(path)));
}

std::string bytes_of(const Exchange& exchange) {
  const Command command = exchange;
  std::string bytes(packed_bytes(command), '\0');
  pack_command(command, bytes.data());
  return bytes;
}

void put_row(const std::string& path, const std::string& data) {
  sqlite3* database = nullptr;
  sqlite3_stmt* insert = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  sqlite3_exec(database, "DELETE FROM packed_exchange", nullptr, nullptr, nullptr);
  ASSERT_EQ(sqlite3_prepare_v2(database, "INSERT INTO packed_exchange(data) VALUES (?)", -1, &insert, nullptr),
            SQLITE_OK);
  sqlite3_bind_blob(insert, 1, data.data(), static_cast<int>(data.size()), SQLITE_TRANSIENT);
  EXPECT_EQ(sqlite3_step(insert), SQLITE_DONE);
  sqlite3_finalize(insert);
  sqlite3_close(database);
}

std::string read_error(const std::string& path) {
  const auto reader = Reader::open(path);
  return reader ? "" : reader.error().message;
}

TEST_F(Packed, ADamagedRowIsAnErrorThatNamesIt) {
  { auto writer = open_writer(path, options()); }
  const std::string whole = bytes_of(numbered(1));
  std::vector<std::string> damaged = {whole + "x", "\x7f" + whole.substr(1)};
  for (std::size_t size = 1; size < whole.size(); size += 13) damaged.push_back(whole.substr(0, size));
  for (const RowId id : {RowId{0}, RowId{-5}, RowId{INT64_MAX}}) {
    Exchange odd = numbered(1);
    odd.id = id;
    damaged.push_back(bytes_of(odd));
  }
  std::string long_row;
  while (long_row.size() <= PackedExchanges::kMostRowBytes) long_row += whole;
  damaged.push_back(long_row);
  for (const std::string& data : damaged) {
    put_row(path, data);
    for (const std::string& error : {read_error(path), open_error(path)}) {
      EXPECT_EQ(error, path +
                           ": row 1 of packed_exchange is not made of exchanges: the file is damaged or was changed; "
                           "record again, or use -d for another file")
          << data.size();
    }
  }
  put_row(path, whole);
  EXPECT_EQ(read_error(path), "");
  EXPECT_EQ(open_error(path), "");
  EXPECT_EQ(plain_rows(), 1);
}

TEST_F(Packed, AnExchangeThatIsInBothTablesIsAnError) {
  {
    auto writer = open_writer(path);
    ASSERT_TRUE(writer->begin_recording({}));
    submit(*writer, numbered(1));
  }
  put_row(path, bytes_of(numbered(2)) + bytes_of(numbered(2)));
  EXPECT_NE(read_error(path).find("is damaged or was changed"), std::string::npos) << read_error(path);
  EXPECT_NE(open_error(path).find("is damaged or was changed"), std::string::npos) << open_error(path);
  put_row(path, bytes_of(numbered(1)));
  EXPECT_NE(read_error(path).find("exchange 1 is there twice"), std::string::npos) << read_error(path);
  EXPECT_NE(open_error(path).find("is damaged or was changed"), std::string::npos) << open_error(path);
  EXPECT_EQ(waiting_rows(), 1) << "nothing was deleted";
}

TEST(PackedFormat, NoPrefixIsAnExchange) {
  Exchange exchange = numbered(7);
  exchange.interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
  const std::string whole = bytes_of(exchange);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<char> exactly(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    std::string_view bytes(exactly.data(), exactly.size());
    ExchangeView read;
    EXPECT_FALSE(unpack_exchange(bytes, read)) << size;
  }
  std::string_view bytes = whole;
  ExchangeView read;
  ASSERT_TRUE(unpack_exchange(bytes, read));
  EXPECT_EQ(read.interim, exchange.interim);
  EXPECT_TRUE(bytes.empty());
}

// A recorder of this format that was killed is read by every later version.
TEST(PackedFormat, DoesNotChange) {
  Exchange e;
  e.id = 1;
  e.recording_id = 2;
  e.connection_id = 3;
  e.seq = 4;
  e.started_unix_ns = 5;
  e.ttfb_ns = 6;
  e.duration_ns = 7;
  e.method = "GET";
  e.target = "/";
  e.status = 200;
  e.complete = true;
  e.notes = "n";
  e.request_head = "rq";
  e.request_body = {.wire_bytes = 8, .bytes = "b", .stream_key = 0};
  e.response_head = "rs";
  e.response_body = {.wire_bytes = 9, .bytes = "", .stream_key = 0};
  e.interim = "i";
  const auto number = [](std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  };
  const auto text = [&](const std::string& value) { return number(value.size(), 4) + value; };
  std::string expected = number(3, 1);
  for (const std::uint64_t value : {1, 2, 3, 4, 5, 6, 7}) expected += number(value, 8);
  expected += text("GET") + text("/") + number(200, 4) + number(1, 1) + text("n") + text("rq") + number(8, 8) +
              text("b") + number(0, 8) + text("rs") + number(9, 8) + text("") + number(0, 8) + text("i");
  EXPECT_EQ(bytes_of(e), expected);
}

}  // namespace
}  // namespace tracerec::schema::testing
