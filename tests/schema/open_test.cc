// Whose file is it? What may be opened, what is refused, and that a refused file stays as it was.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "schema/trace_file.h"
#include "tests/schema/trace_samples.h"

namespace tracerec::schema::testing {
namespace {

using ::testing::Test;

struct Open : Test {
  TempDir dir;
  std::string path = dir.file("t.db");

  static std::string reader_error(const std::string& file) {
    const Result<std::unique_ptr<Reader>> reader = Reader::open(file);
    return reader ? "" : reader.error().message;
  }

  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos && text.find('\n') == std::string::npos;
  }
};

mode_t mode_of(const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 ? file.st_mode & 0777 : 0;
}

TEST_F(Open, TheFileIsPrivateWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{0777}}) {
    const std::string file = dir.file("private-" + std::to_string(mask));
    const mode_t before = ::umask(mask);
    auto writer = open_writer(file);
    ::umask(before);
    if (!writer) continue;
    ASSERT_TRUE(writer->submit(sample_exchange(1)));
    ASSERT_TRUE(writer->flush());
    EXPECT_EQ(mode_of(file), 0600u);
    EXPECT_EQ(mode_of(file + "-wal"), 0600u);
    EXPECT_EQ(mode_of(file + "-shm"), 0600u);
  }
}

TEST_F(Open, AnEmptyFileAndVersionZeroAreMigrated) {
  write_whole_file(path, "");
  open_writer(path);
  EXPECT_EQ(query(path, "PRAGMA user_version"), kVersion);
  const std::string zero = dir.file("zero.db");
  run_sql(zero, "PRAGMA application_id = 0x74726563; CREATE TABLE older(x); DROP TABLE older");
  EXPECT_TRUE(contains(reader_error(zero), "older tracerec"));
  open_writer(zero);
  EXPECT_EQ(query(zero, "PRAGMA user_version"), kVersion);
  EXPECT_EQ(query(zero, "SELECT count(*) FROM exchange"), 0);
}

TEST_F(Open, AFileOfVersionOneGetsTheNewColumns) {
  const std::string first = read_whole_file(TRACEREC_SOURCE_DIR "/schema/migration_0001.sql");
  run_sql(path, "PRAGMA application_id = 0x74726563;" + first +
                    "PRAGMA user_version = 1; INSERT INTO connection VALUES (5, 1, 'a', 'b', 7, 1)");
  EXPECT_TRUE(contains(reader_error(path), "older tracerec"));
  open_writer(path);
  auto reader = open_reader(path);
  const auto connection = reader->connection(5);
  ASSERT_TRUE(connection && *connection);
  EXPECT_EQ((*connection)->role, Role::kServer);
  EXPECT_FALSE((*connection)->tls);
  EXPECT_TRUE((*connection)->open_before);
}

// What the version before wrote, with a run in it.
std::string file_of_version_four() {
  std::string sql = "PRAGMA application_id = 0x74726563;";
  for (const char* number : {"1", "2", "3", "4"}) {
    sql += read_whole_file(std::string(TRACEREC_SOURCE_DIR "/schema/migration_000") + number + ".sql");
  }
  return sql +
         "PRAGMA user_version = 4;"
         "INSERT INTO recording VALUES (1, 'n', 'c', 1, 'h', 'v', '{}', 1, 2);"
         "INSERT INTO connection VALUES (1, 1, 'a', 'b', 7, 1, 'server', 0);"
         "INSERT INTO exchange VALUES (1, 1, 1, 0, 1, 1, 1, 200, 1, 0, 0, 0, NULL, 0, 0, NULL, 'GET', '/', '', x'41', "
         "x'42',"
         " x'', x'', x'');"
         "INSERT INTO run VALUES (3, 1, 't', '{}', 1, 2, NULL, NULL);"
         "INSERT INTO answer VALUES (1, 3, 1, NULL, 1, 1, 1, 1, 418, 0, 0, NULL, x'41', x'');"
         "INSERT INTO answer VALUES (2, 3, 2, 'timeout', 1, 1, 1, 1, 0, 0, 0, NULL, x'', x'');";
}

// Brings that one to a later version.
std::string file_of_version(std::int64_t version) {
  std::string sql = file_of_version_four();
  for (std::int64_t next = 5; next <= version; ++next) {
    sql += read_whole_file(TRACEREC_SOURCE_DIR "/schema/migration_000" + std::to_string(next) + ".sql") +
           "PRAGMA user_version = " + std::to_string(next) + ";";
  }
  return sql;
}

void expect_the_run(const std::string& path) {
  auto reader = open_reader(path);
  const auto recording = reader->recording(1);
  ASSERT_TRUE(recording && *recording) << (recording ? "" : recording.error().message);
  EXPECT_EQ((*recording)->secrets, Secrets::kUnknown);
  const auto run = reader->run(3);
  ASSERT_TRUE(run && *run) << (run ? "" : run.error().message);
  EXPECT_EQ((*run)->secrets, Secrets::kUnknown);
  const auto runs = reader->runs();
  ASSERT_TRUE(runs && runs->size() == 1);
  EXPECT_EQ((*runs)[0].responses, 2U);
  EXPECT_EQ((*runs)[0].failed, 1U);
  const auto response = reader->response(3, 1);
  ASSERT_TRUE(response && *response);
  EXPECT_EQ((*response)->status, 418);
  EXPECT_EQ((*response)->interim, "");
  int connections = 0;
  EXPECT_TRUE(reader->for_each_connection(1, [&](const ConnectionSpan& span) {
    EXPECT_EQ(span.exchanges, 1u);
    return ++connections > 0;
  }));
  EXPECT_EQ(connections, 1);
  int visited = 0;
  EXPECT_TRUE(
      reader->for_each_response(3, [&](const StoredExchange&, const StoredResponse&) { return ++visited > 0; }));
  EXPECT_EQ(visited, 1);
}

TEST_F(Open, AFileOfVersionFourIsReadAsItIs) {
  run_sql(path, file_of_version_four());
  const std::string before = read_whole_file(path);
  expect_the_run(path);
  EXPECT_EQ(read_whole_file(path), before);
}

TEST_F(Open, FilesOfLaterVersionsAreReadAsTheyAreAndMigrated) {
  for (std::int64_t version = 5; version < kVersion; ++version) {
    const TempDir fresh;
    const std::string file = fresh.file("t.db");
    run_sql(file, file_of_version(version));
    const std::string before = read_whole_file(file);
    expect_the_run(file);
    EXPECT_EQ(read_whole_file(file), before);
    open_writer(file);
    EXPECT_EQ(query(file, "PRAGMA user_version"), kVersion);
    expect_the_run(file);
  }
}

TEST_F(Open, AFileOfVersionFourKeepsItsRunsWhenItIsMigrated) {
  run_sql(path, file_of_version_four());
  open_writer(path);
  EXPECT_EQ(query(path, "PRAGMA user_version"), kVersion);
  EXPECT_EQ(query(path, "SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%answer%' AND sql NOT LIKE '%--%answer%'"),
            0);
  expect_the_run(path);
}

// Two readers of one evaluation, one of them in the middle of its rows, while a writer brings the file up to date.
TEST_F(Open, AReaderKeepsTheFileThatItOpenedWhileAWriterMigratesIt) {
  run_sql(path, "PRAGMA journal_mode = WAL;" + file_of_version_four());
  auto rows = open_reader(path);
  auto bodies = open_reader(path);
  int visited = 0;
  EXPECT_TRUE(rows->for_each_response(3, [&](const StoredExchange&, const StoredResponse&) {
    if (++visited == 1) open_writer(path);
    const auto response = bodies->response(3, 1);
    EXPECT_TRUE(response && *response) << (response ? "" : response.error().message);
    return true;
  }));
  EXPECT_EQ(visited, 1);
  EXPECT_TRUE(bodies->runs()) << "after the migration too";
  EXPECT_EQ(query(path, "PRAGMA user_version"), kVersion);
  expect_the_run(path);
}

TEST_F(Open, ATableInTheWayOfAMigrationIsRefusedAndTheOldVersionStays) {
  run_sql(path, "PRAGMA application_id = 0x74726563; CREATE TABLE answer(x)");  // in the way of the real one
  EXPECT_TRUE(contains(open_error(path), "has the table answer"));
  EXPECT_EQ(query(path, "PRAGMA user_version"), 0);
  EXPECT_EQ(query(path, "SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(Open, ANewerVersionIsRefusedUntouched) {
  open_writer(path);
  run_sql(path, "PRAGMA user_version = " + std::to_string(kVersion + 1));
  const std::string before = read_whole_file(path);
  EXPECT_TRUE(contains(open_error(path), "newer tracerec (format " + std::to_string(kVersion + 1)));
  EXPECT_TRUE(contains(reader_error(path), "newer tracerec"));
  EXPECT_EQ(read_whole_file(path), before);
}

TEST_F(Open, ANewerVersionInTheLogIsSeenAndTheLogStays) {
  open_writer(path);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, ("PRAGMA user_version = " + std::to_string(kVersion + 1)).c_str(), nullptr, nullptr,
                         nullptr),
            SQLITE_OK);
  // As after a kill: a copy of file and log, with nobody having them open.
  const std::string copy = dir.file("copy.db");
  write_whole_file(copy, read_whole_file(path));
  write_whole_file(copy + "-wal", read_whole_file(path + "-wal"));
  sqlite3_close(database);
  const std::string before = read_whole_file(copy);
  const std::string log_before = read_whole_file(copy + "-wal");
  EXPECT_TRUE(contains(open_error(copy), "newer tracerec"));
  EXPECT_EQ(read_whole_file(copy), before);
  EXPECT_EQ(read_whole_file(copy + "-wal"), log_before);
}

TEST_F(Open, AForeignDatabaseIsRefusedUntouched) {
  for (const char* journal : {"DELETE", "WAL"}) {
    const std::string foreign = dir.file(std::string("foreign-") + journal);
    run_sql(foreign, std::string("PRAGMA journal_mode = ") + journal +
                         "; CREATE TABLE theirs(x); INSERT INTO theirs VALUES (1)");
    const std::string before = read_whole_file(foreign);
    EXPECT_TRUE(contains(open_error(foreign), "another program")) << open_error(foreign);
    EXPECT_TRUE(contains(reader_error(foreign), "not a tracerec file"));
    EXPECT_EQ(read_whole_file(foreign), before);
    EXPECT_EQ(query(foreign, "SELECT x FROM theirs"), 1);
  }
}

TEST_F(Open, FilesThatAreNoDatabaseAreRefusedUntouched) {
  for (const std::string& bytes : {std::string("hello\n"), std::string("SQLite format 3"), std::string(5000, 'x'),
                                   std::string("SQLite format 3\0", 16)}) {
    write_whole_file(path, bytes);
    EXPECT_TRUE(contains(open_error(path), "not a database")) << open_error(path);
    EXPECT_NE(reader_error(path), "");
    EXPECT_EQ(read_whole_file(path), bytes);
  }
}

TEST_F(Open, PathsThatCannotBeWritten) {
  EXPECT_TRUE(contains(open_error(dir.file("missing/t.db")), "No such file"));
  EXPECT_TRUE(contains(open_error(dir.file("")), "Is a directory"));
  EXPECT_TRUE(contains(reader_error(dir.file("missing.db")), "No such file"));
  EXPECT_FALSE(std::filesystem::exists(dir.file("missing.db")));
}

TEST_F(Open, ASecondWriterIsRefusedWithThePidAndAThirdIsWelcomeAfterwards) {
  auto first = open_writer(path);
  const std::string error = open_error(path);
  EXPECT_TRUE(contains(error, "is writing " + path)) << error;
  EXPECT_TRUE(contains(error, "pid " + std::to_string(::getpid()))) << error;
  ASSERT_TRUE(first->submit(sample_exchange(1)));
  ASSERT_TRUE(first->flush());
  first.reset();
  auto third = open_writer(path);
  EXPECT_EQ(third->next_ids()->exchange, 2);
}

TEST_F(Open, IdsGoOnWhereTheLastWriterStopped) {
  {
    auto writer = open_writer(path);
    EXPECT_EQ(writer->next_ids()->connection, 1);
    EXPECT_EQ(writer->next_ids()->exchange, 1);
    ASSERT_TRUE(writer->submit(Connection{4, 1, "a:1", "b:2", 0, false}));
    Exchange e = sample_exchange(9);
    e.connection_id = 6;  // its own row was lost
    ASSERT_TRUE(writer->submit(std::move(e)));
  }
  auto writer = open_writer(path);
  EXPECT_EQ(writer->next_ids()->connection, 7);
  EXPECT_EQ(writer->next_ids()->exchange, 10);
}

TEST_F(Open, ANameThatLooksLikeAUriIsAName) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(dir.file(""));
  open_writer("file:x?mode=memory");
  EXPECT_TRUE(std::filesystem::exists("file:x?mode=memory"));
  EXPECT_NE(open_reader("file:x?mode=memory"), nullptr);
  std::filesystem::current_path(before);
}

TEST_F(Open, AReaderSeesWhatIsCommittedWhileTheWriterGoesOn) {
  auto writer = open_writer(path);
  ASSERT_TRUE(writer->submit(sample_exchange(1)));
  ASSERT_TRUE(writer->flush());
  auto reader = open_reader(path);
  EXPECT_TRUE(*reader->exchange(1));
  EXPECT_FALSE(*reader->exchange(2));
  std::size_t seen = 0;
  ASSERT_TRUE(reader->for_each_exchange(1, [&](const StoredExchange&) {
    EXPECT_TRUE(writer->submit(sample_exchange(2)));  // in the middle of a cursor
    EXPECT_TRUE(writer->flush());
    return ++seen > 0;
  }));
  EXPECT_EQ(seen, 1u);
  EXPECT_TRUE(*reader->exchange(2));
  writer.reset();
  EXPECT_TRUE(*reader->exchange(2));
}

}  // namespace
}  // namespace tracerec::schema::testing
