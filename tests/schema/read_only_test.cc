// A reader changes nothing: not the file, not its log, and makes no file beside them. And it sees what it should.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <utility>
#include <vector>

#include "tests/schema/trace_samples.h"

namespace tracerec::schema::testing {
namespace {

struct ReadOnly : ::testing::Test {
  TempDir dir;
  std::string path = dir.file("t.db");

  void write(RowId from, RowId to, const std::string& file) const {
    auto writer = open_writer(file);
    for (RowId id = from; id <= to; ++id) ASSERT_TRUE(writer->submit(sample_exchange(id)));
    ASSERT_TRUE(writer->flush());
  }

  static std::size_t exchanges(Reader& reader) {
    std::size_t count = 0;
    EXPECT_TRUE(reader.for_each_exchange(1, [&](const StoredExchange&) { return ++count > 0; }));
    return count;
  }

  // As a kill leaves it: the file and its log, and with `index` that of the log.
  std::string killed(bool index) const {
    auto writer = open_writer(path);
    EXPECT_TRUE(writer->submit(sample_exchange(1)));
    EXPECT_TRUE(writer->flush());
    const std::string copy = dir.file("copy.db");
    for (const char* suffix : {"", "-wal", "-shm"}) {
      if (index || suffix != std::string("-shm")) std::filesystem::copy(path + suffix, copy + suffix);
    }
    return copy;
  }
};

TEST_F(ReadOnly, AFinishedFileIsReadWithoutALog) {
  write(1, 3, path);
  const std::string before = read_whole_file(path);
  EXPECT_EQ(exchanges(*open_reader(path)), 3U);
  EXPECT_EQ(read_whole_file(path), before);
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path + "-shm"));
}

TEST_F(ReadOnly, AKilledWritersLogIsReadAndStays) {
  for (const bool index : {true, false}) {
    const std::string copy = killed(index);
    const std::string before = read_whole_file(copy);
    const std::string log = read_whole_file(copy + "-wal");
    EXPECT_EQ(exchanges(*open_reader(copy)), 1U);
    EXPECT_EQ(read_whole_file(copy), before);
    EXPECT_EQ(read_whole_file(copy + "-wal"), log);
    EXPECT_EQ(std::filesystem::exists(copy + "-shm"), index);
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(copy + suffix);
    std::filesystem::remove(path);
  }
}

// It has no lock of SQLite that would keep the writer from moving its log into the pages that are being read.
TEST_F(ReadOnly, AWriterThatComesLaterLeavesTheReadersPagesAlone) {
  write(1, 500, path);
  auto reader = open_reader(path);
  std::size_t seen = 0;
  EXPECT_TRUE(reader->for_each_exchange(1, [&](const StoredExchange& e) {
    if (++seen == 1) write(501, 20'000, path);
    EXPECT_EQ(e.target, "/orders/" + std::to_string(e.id));
    return true;
  }));
  EXPECT_EQ(seen, 500U);
  EXPECT_EQ(exchanges(*reader), 500U);
  reader.reset();
  EXPECT_EQ(exchanges(*open_reader(path)), 20'000U);
  EXPECT_TRUE(is_intact(path));
}

TEST_F(ReadOnly, SizesOfTheFileAreNotBelieved) {
  {
    auto writer = open_writer(path);
    Exchange e = sample_exchange(1);
    e.response_body = {.wire_bytes = 9000, .bytes = pattern(9000), .stream_key = 0};
    ASSERT_TRUE(writer->submit(std::move(e)));
  }
  for (const char* bytes : {"-1", "9223372036854775807", "1"}) {
    run_sql(path, std::string("UPDATE exchange SET response_captured_bytes = ") + bytes +
                      ", complete = 0, started_unix_ns = 9223372036854775807, duration_ns = 9223372036854775807");
    auto reader = open_reader(path);
    const auto row = reader->exchange(1);
    ASSERT_TRUE(row && *row);
    EXPECT_GT((*row)->started_unix_ns + (*row)->duration_ns, 0);
    const auto body = reader->load_body((*row)->response_body, SIZE_MAX);
    EXPECT_FALSE(body.has_value()) << bytes;
  }
}

// Such an exchange was compared as if it were whole, and the gate was green.
TEST_F(ReadOnly, ABodyOfAnotherLengthThanItsRowSaysIsRefused) {
  {
    auto writer = open_writer(path);
    Exchange e = sample_exchange(1);
    e.response_body = {.wire_bytes = 9000, .bytes = pattern(9000), .stream_key = 0};
    ASSERT_TRUE(writer->submit(std::move(e)));
    Response r;
    r.run_id = 1;
    r.exchange_id = 1;
    r.response_body = {.wire_bytes = 2, .bytes = "ok", .stream_key = 0};
    ASSERT_TRUE(writer->submit(std::move(r)));
  }
  const auto refusal = [&](const std::string& change) -> std::string {
    const std::string copy = dir.file("copy.db");
    std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing);
    run_sql(copy, "UPDATE " + change);
    auto reader = open_reader(copy);
    Result<void> read = reader->for_each_exchange(1, [](const StoredExchange&) { return true; });
    if (read) {
      read = reader->for_each_response(1, [&](const StoredExchange& e, const StoredResponse&) {
        const auto body = reader->load_body(e.response_body, SIZE_MAX);
        if (!body) ADD_FAILURE() << "not seen while loaded: " << body.error().message;
        return true;
      });
    }
    const auto row = reader->exchange(1);
    const auto requests = reader->next_requests(1, 1, -1, 5);
    const auto response = reader->response(1, 1);
    EXPECT_EQ(read.has_value(), row && response) << change;
    if (change.find("request") != std::string::npos) {
      EXPECT_FALSE(requests) << change;
    }
    return read ? "" : read.error().message;
  };
  EXPECT_EQ(refusal("run SET target = ''"), "");
  for (const char* change : {"exchange SET request_captured_bytes = 3", "exchange SET request_captured_bytes = 5",
                             "exchange SET request_body = x''", "exchange SET request_wire_bytes = 5",
                             "exchange SET response_wire_bytes = 9001", "exchange SET response_captured_bytes = 8999",
                             "response SET response_captured_bytes = 3", "response SET response_body = x'6f6b6f'"}) {
    EXPECT_NE(refusal(change).find("exchange 1: the stored body of its re"), std::string::npos) << change;
  }
}

TEST_F(ReadOnly, ABodyOutsideItsRowOfAnotherLengthIsRefusedAsItIsRead) {
  {
    auto writer = open_writer(path);
    Exchange e = sample_exchange(1);
    e.response_body = {.wire_bytes = 9000, .bytes = pattern(9000), .stream_key = 0};
    ASSERT_TRUE(writer->submit(std::move(e)));
  }
  for (const auto* change :
       {"UPDATE body_part SET data = substr(data, 2)", "UPDATE body_part SET data = CAST(data || 'x' AS BLOB)",
        "UPDATE body_part SET data = CAST(data || data AS BLOB)", "DELETE FROM body_part"}) {
    const std::string copy = dir.file("copy.db");
    std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing);
    run_sql(copy, change);
    auto reader = open_reader(copy);
    const auto row = reader->exchange(1);
    ASSERT_TRUE(row && *row);
    const auto read = reader->read_body((*row)->response_body, [](std::string_view) { return true; });
    EXPECT_FALSE(read) << change;
    EXPECT_FALSE(reader->load_body((*row)->response_body, SIZE_MAX)) << change;
    EXPECT_FALSE(reader->exchange(2).value());
    // A reader that stops early has seen no contradiction.
    if (std::string(change).starts_with("UPDATE body_part SET data = substr")) {
      EXPECT_TRUE(reader->read_body((*row)->response_body, [](std::string_view) { return false; }));
    }
  }
}

// Ctrl-C was heard when the statement had ended.
TEST_F(ReadOnly, AStatementThatTakesLongEndsOnceItIsToStop) {
  write(1, 20'000, path);
  auto reader = open_reader(path);
  std::atomic<bool> stop{true};
  const auto walk = [&] { return reader->for_each_connection(1, [](const ConnectionSpan&) { return true; }); };
  reader->stop_when(&stop);
  const Result<void> stopped = walk();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().message, "interrupted");
  reader->stop_when(nullptr);
  EXPECT_TRUE(walk());
}

std::uint32_t big_endian_at(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// A replay filled the disk with eight bytes for each number between them.
TEST_F(ReadOnly, IdsThatAreFarApartAreRefused) {
  write(1, 3, path);
  EXPECT_EQ(open_reader(path)->exchange_ids(1).value(), (std::pair<RowId, RowId>(1, 3)));
  const std::string dense = dir.file("dense.db");
  write(100'000, 103'000, dense);
  write(200'000, 200'000, dense);
  EXPECT_EQ(open_reader(dense)->exchange_ids(1).value(), (std::pair<RowId, RowId>(100'000, 200'000)));
  write(RowId{1} << 40, RowId{1} << 40, path);
  const auto ids = open_reader(path)->exchange_ids(1);
  ASSERT_FALSE(ids);
  EXPECT_EQ(
      ids.error().message,
      "recording 1 has exchanges from id 1 to 1099511627776, but only 4 of them: the file is damaged, record again");
}

// An inner page whose every cell leads to the same child: pages that name each other give rows without end.
TEST_F(ReadOnly, PagesWithMoreRowsThanTheFileCanHoldAreRefused) {
  {
    auto writer = open_writer(path);
    ASSERT_TRUE(writer->begin_recording({}));
  }
  write(1, 20'000, path);
  const auto root =
      static_cast<std::size_t>(query(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'exchange_by_recording'"));
  constexpr std::size_t kPage = 16384;
  std::string bytes = read_whole_file(path);
  // https://www.sqlite.org/fileformat.html#b_tree_pages: cells from 12 on; each begins with its child.
  const std::size_t at = (root - 1) * kPage;
  ASSERT_EQ(bytes[at], '\x02') << "an inner page of an index";
  const std::size_t cells = static_cast<unsigned char>(bytes[at + 3]) << 8 | static_cast<unsigned char>(bytes[at + 4]);
  const std::size_t spare = (big_endian_at(bytes, at + 8) - 1) * kPage;  // the rightmost child
  // Levels of inner pages, each with all of its children being the next level.
  std::vector<std::size_t> levels = {at, spare};
  for (std::size_t i = 0; levels.size() < 6; ++i) {
    const std::size_t cell = at + (static_cast<unsigned char>(bytes[at + 12 + 2 * i]) << 8 |
                                   static_cast<unsigned char>(bytes[at + 13 + 2 * i]));
    levels.push_back((big_endian_at(bytes, cell) - 1) * kPage);
  }
  const std::string page = bytes.substr(at, kPage);
  for (std::size_t level = 0; level + 1 < levels.size(); ++level) {
    std::string inner = page;
    const std::size_t child = levels[level + 1] / kPage + 1;
    const auto put = [&](std::size_t where) {
      for (std::size_t i = 0; i < 4; ++i) inner[where + i] = static_cast<char>(child >> (24 - 8 * i));
    };
    put(8);
    for (std::size_t i = 0; i < cells; ++i) {
      put(static_cast<unsigned char>(inner[12 + 2 * i]) << 8 | static_cast<unsigned char>(inner[13 + 2 * i]));
    }
    bytes.replace(levels[level], kPage, inner);
  }
  write_whole_file(path, bytes);
  auto reader = open_reader(path);
  const auto recordings = reader->recordings();
  ASSERT_FALSE(recordings);
  EXPECT_NE(recordings.error().message.find("damaged"), std::string::npos) << recordings.error().message;
}

}  // namespace
}  // namespace tracerec::schema::testing
