// Trace files that come from elsewhere, read and written as root: they make tracerec delete, run and believe nothing.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "harness.h"
#include "schema/batch_writer.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

class HostileFile : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0 && std::getenv("CI") != nullptr) FAIL() << "needs root";
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    std::string name = "/tmp/tracerec-hostile-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    auto writer = schema::BatchWriter::open(db(), {});
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->begin_recording({}));
    ASSERT_TRUE((*writer)->finish_recording(1, 1, {}));
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string db() const { return folder_ + "/t.db"; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  void sql(const char* text) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(db().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  // Readers and writers both refuse it with one line.
  void expect_refusal(const std::string& part) const {
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"ls"}, {"show", "1"}, {"export", "jsonl"}, {"replay", "--target", "127.0.0.1:1"}}) {
      std::vector<std::string> arguments = {"-d", db()};
      arguments.insert(arguments.end(), command.begin(), command.end());
      const Outcome outcome = tracerec(arguments);
      EXPECT_EQ(outcome.exit_code, 2) << command[0] << outcome.out;
      EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
      EXPECT_NE(outcome.err.find(part), std::string::npos) << command[0] << ": " << outcome.err;
      EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos);
    }
  }

 private:
  std::string folder_;
};

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

// A hot journal that names `super` as its super-journal (https://www.sqlite.org/fileformat.html#the_rollback_journal).
std::string journal_naming(const std::string& super, std::uint32_t page_bytes, std::uint32_t pages) {
  const std::string magic("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
  std::string journal =
      magic + big_endian(0) + big_endian(1234) + big_endian(pages) + big_endian(512) + big_endian(page_bytes);
  journal.resize(512, '\0');
  std::uint32_t sum = 0;
  for (const char c : super) sum += static_cast<std::uint32_t>(static_cast<signed char>(c));
  return journal + big_endian((1U << 30) / page_bytes + 1) + super +
         big_endian(static_cast<std::uint32_t>(super.size())) + big_endian(sum) + magic;
}

TEST_F(HostileFile, AJournalBesideItDeletesNoFile) {
  sql("PRAGMA journal_mode = DELETE");
  const std::string victim = folder() + "/victim";
  std::ofstream(victim) << "precious";
  std::ofstream(db() + "-journal") << journal_naming(victim, 16384, static_cast<std::uint32_t>(fs_bytes(db()) / 16384));
  expect_refusal("-journal: a rollback journal");
  EXPECT_TRUE(fs::exists(victim));
  EXPECT_TRUE(fs::exists(db() + "-journal"));
}

TEST_F(HostileFile, AnotherUsersFileIsRefusedByRoot) {
  ASSERT_EQ(::chown(db().c_str(), kNobody, kNobody), 0);
  expect_refusal("belongs to user id 65534");
}

TEST_F(HostileFile, AFileThatOthersMayWriteIsRefusedByRoot) {
  ASSERT_EQ(::chmod(db().c_str(), 0666), 0);
  expect_refusal("chmod go-w");
  ASSERT_EQ(::chmod(db().c_str(), 0620), 0);
  expect_refusal("chmod go-w");
}

TEST_F(HostileFile, AnotherUsersLogOrIndexIsRefused) {
  for (const char* suffix : {"-wal", "-shm"}) {
    std::ofstream(db() + suffix) << "";
    ASSERT_EQ(::chown((db() + suffix).c_str(), kNobody, kNobody), 0);
    expect_refusal(std::string("t.db") + suffix);
    fs::remove(db() + suffix);
    fs::create_symlink(db(), db() + suffix);
    expect_refusal(std::string("t.db") + suffix);
    fs::remove(db() + suffix);
  }
}

TEST_F(HostileFile, ALinkIsRefused) {
  fs::rename(db(), folder() + "/real.db");
  fs::create_symlink("real.db", db());
  expect_refusal("a symbolic link");
}

TEST_F(HostileFile, AFolderInWhichEverybodyMayExchangeFilesIsRefused) {
  ASSERT_EQ(::chmod(folder().c_str(), 0777), 0);
  expect_refusal("chmod o-w the folder");
  ASSERT_EQ(::chmod(folder().c_str(), 01777), 0);
  EXPECT_EQ(tracerec({"-d", db(), "ls"}).exit_code, 0);
  ASSERT_EQ(::chown(folder().c_str(), kNobody, kNobody), 0);
  expect_refusal("its folder belongs to");
}

// Who prepares it in /tmp before root records there could read everything that root writes.
TEST_F(HostileFile, AnEmptyFileOfAnotherUserInAStickyFolderIsNotUsed) {
  ASSERT_EQ(::chmod(folder().c_str(), 01777), 0);
  const std::string prepared = folder() + "/tracerec.db";
  std::ofstream(prepared) << "";
  ASSERT_EQ(::chmod(prepared.c_str(), 0666), 0);
  ASSERT_EQ(::chown(prepared.c_str(), kNobody, kNobody), 0);
  const Outcome outcome = tracerec({"-d", prepared, "record", "--pid", std::to_string(::getpid()), "--for", "100ms"});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_NE(outcome.err.find("belongs to user id 65534"), std::string::npos) << outcome.err;
  EXPECT_EQ(fs_bytes(prepared), 0U);
}

TEST_F(HostileFile, TheSudoUsersOwnFileIsRead) {
  ASSERT_EQ(::chown(db().c_str(), 1234, 1234), 0);
  const std::vector<std::string> ls = {TRACEREC_BINARY, "-d", db(), "ls"};
  EXPECT_EQ(run(ls, {.environment = {"SUDO_UID=1234", "SUDO_GID=1234"}}).exit_code, 0);
  EXPECT_EQ(run(ls, {.environment = {"SUDO_UID=1235", "SUDO_GID=1235"}}).exit_code, 2);
}

TEST_F(HostileFile, ATriggerDeletesNothing) {
  sql("CREATE TRIGGER evil AFTER INSERT ON run BEGIN DELETE FROM recording; END");
  expect_refusal("has the trigger evil");
}

TEST_F(HostileFile, AViewInPlaceOfATableIsRefused) {
  sql("DROP TABLE exchange; CREATE VIEW exchange AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n)"
      " SELECT x AS id FROM n");
  expect_refusal("has the view exchange");
}

TEST_F(HostileFile, ATableOrIndexTooManyOrTooFewIsRefused) {
  sql("CREATE TABLE \"\x1b[31mred\"(x)");
  expect_refusal("has the table \\x1b[31mred");
  sql("DROP TABLE \"\x1b[31mred\"; DROP INDEX exchange_by_recording");
  expect_refusal("lacks the index exchange_by_recording");
}

TEST_F(HostileFile, EscapeCodesAndBrokenUtf8InNotesDoNotGetThrough) {
  sql("INSERT INTO exchange VALUES (1, 1, 1, 0, 1, 1, 1, 200, 0, 0, 0, 0, NULL, 0, 0, NULL, 'GET', '/',"
      " CAST(x'1b5b33316dff' AS TEXT), CAST('GET / HTTP/1.1' || x'0d0a0d0a' AS BLOB), x'', x'', x'', x'')");
  const Outcome exported = tracerec({"-d", db(), "export", "jsonl"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_NE(exported.out.find("[31m\xef\xbf\xbd"), std::string::npos) << exported.out;
  EXPECT_EQ(tracerec({"-d", db(), "show", "1", "--as", "json"}).exit_code, 0);
  for (const char* command : {"ls", "show", "export"}) {
    std::vector<std::string> arguments = {"-d", db(), command};
    if (command == std::string("show")) arguments.emplace_back("1");
    if (command == std::string("export")) arguments.emplace_back("jsonl");
    const Outcome outcome = tracerec(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos) << command;
  }
}

TEST_F(HostileFile, ReadingLeavesNothingBeside) {
  EXPECT_EQ(tracerec({"-d", db(), "ls"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(db() + "-wal"));
  EXPECT_FALSE(fs::exists(db() + "-shm"));
}

}  // namespace
}  // namespace tracerec::e2e
