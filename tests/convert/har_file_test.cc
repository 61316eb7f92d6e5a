// Files of real tools, and broken ones.
#include "convert/har_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "testing/temp_dir.h"

namespace tracerec::convert {
namespace {

struct Found {
  std::uint64_t entries = 0, exchanges = 0, complete = 0;
  std::string error;
  std::string tool;
};

Found read_file(const std::string& path, std::uint64_t most = UINT64_MAX) {
  Found found;
  const auto file = InputFile::open(path);
  if (!file) return {0, 0, 0, file.error().message, {}};
  const auto origin = read_har(**file, [&](Entry&& entry) {
    ++found.entries;
    if (const auto* draft = std::get_if<Draft>(&entry)) {
      ++found.exchanges;
      found.complete += draft->row.complete ? 1U : 0U;
    }
    return found.entries < most;
  });
  if (!origin) found.error = origin.error().message;
  if (origin) found.tool = origin->tool;
  return found;
}

Found read_text(const std::string& text) {
  const testing::TempDir folder;
  std::ofstream(folder.file("a.har"), std::ios::binary) << text;
  return read_file(folder.file("a.har"));
}

std::string corpus() {
  const char* given = std::getenv("TRACEREC_CONFORMANCE_DIR");
  return std::string(given ? given : TRACEREC_CONFORMANCE_DIR) + "/har";
}

// mitmproxy's and har-to-k6's test data: every entry is there, by an independent count.
TEST(HarFile, RealFilesHaveTheEntriesThatTheyHold) {
  if (!std::filesystem::is_directory(corpus())) GTEST_SKIP() << "no " << corpus() << "; set TRACEREC_CONFORMANCE_DIR";
  std::uint64_t files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(corpus())) {
    if (file.path().extension() != ".har" || file.path().filename() == "brokenfile.har") continue;
    std::ifstream stream(file.path(), std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(stream), {});
    const auto json = nlohmann::json::parse(text);
    const Found found = read_file(file.path().string());
    EXPECT_EQ(found.error, "") << file.path();
    EXPECT_EQ(found.entries, json["log"]["entries"].size()) << file.path();
    EXPECT_EQ(found.exchanges, found.entries) << file.path();
    ++files;
  }
  EXPECT_GE(files, 20U);
}

struct Known {
  const char* file;
  std::uint64_t complete;
};

class HarTools : public ::testing::TestWithParam<Known> {};

// How many of them have all: looked up by hand in the files.
TEST_P(HarTools, CompleteExchanges) {
  const std::string path = corpus() + "/mitmproxy/" + GetParam().file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path << "; set TRACEREC_CONFORMANCE_DIR";
  EXPECT_EQ(read_file(path).complete, GetParam().complete);
}
INSTANTIATE_TEST_SUITE_P(Files, HarTools,
                         ::testing::Values(Known{"chrome.har", 2}, Known{"firefox.har", 9}, Known{"charles.har", 1},
                                           Known{"insomnia.har", 1}, Known{"postdata.har", 1}, Known{"with-bom.har", 1},
                                           Known{"error_log.har", 1}, Known{"event_stream.har", 0},
                                           Known{"corrupted_gzip_body.har", 1}, Known{"head-content-length.har", 1},
                                           Known{"websocket.har", 3}, Known{"incomplete_log.har", 0}));

constexpr const char* kEntry = R"({"request":{"method":"GET","url":"http://a/"},"response":{"status":204}})";

TEST(HarFile, SaysWhatWroteIt) {
  const std::string text = std::string(R"({"log":{"pages":[{"id":[1]}],"creator":{"name":"Tool","version":"2"},)") +
                           R"("entries":[)" + kEntry + "]}}";
  const Found found = read_text(text);
  EXPECT_EQ(found.error, "");
  EXPECT_EQ(found.tool, "Tool 2");
  EXPECT_EQ(found.complete, 1U);
}

TEST(HarFile, EntriesElsewhereAreNone) {
  const Found found = read_text(std::string(R"({"entries":[)") + kEntry + R"(],"log":{"x":{"entries":[)" + kEntry +
                                R"(]},"entries":[)" + kEntry + "]}}");
  EXPECT_EQ(found.error, "");
  EXPECT_EQ(found.entries, 1U);
}

TEST(HarFile, OtherFilesAreRefused) {
  EXPECT_EQ(read_text("{}").error, "is JSON, but no HAR file: it has no log.entries");
  EXPECT_EQ(read_text("[1,2]").error, "is JSON, but no HAR file: it has no log.entries");
  EXPECT_EQ(read_text(R"({"log":{"entries":{"a":{"b":1}}}})").error, "is JSON, but no HAR file: it has no log.entries");
  EXPECT_TRUE(read_text("").error.starts_with("is not JSON as parsers take it: line 1, column 1"))
      << read_text("").error;
  EXPECT_TRUE(read_text("PK\x03\x04").error.starts_with("is not JSON as parsers take it: line 1"));
}

TEST(HarFile, AFileThatIsCutIsAnErrorAfterItsFirstEntries) {
  const Found found = read_text(std::string(R"({"log":{"entries":[)") + kEntry + "," + kEntry);
  EXPECT_EQ(found.entries, 2U);
  EXPECT_TRUE(found.error.starts_with("is not JSON as parsers take it: line 1")) << found.error;
}

TEST(HarFile, EntriesThatAreNoObjectsAreCounted) {
  const Found found = read_text(R"({"log":{"entries":[1,null,"x",[],{}]}})");
  EXPECT_EQ(found.error, "");
  EXPECT_EQ(found.entries, 5U);
  EXPECT_EQ(found.exchanges, 0U);
}

TEST(HarFile, DeepNestingEnds) {
  const std::string deep(100'000, '[');
  EXPECT_TRUE(
      read_text(R"({"log":{"entries":[)" + deep).error.starts_with("has values nested deeper than 512, near byte"));
  EXPECT_TRUE(read_text(deep).error.starts_with("has values nested deeper than 512, near byte"));
}

TEST(HarFile, ANumberBeyondAllSaysWhere) {
  EXPECT_TRUE(read_text(R"({"log":{"x":1e999,"entries":[]}})")
                  .error.starts_with("is not JSON as parsers take it: number overflow parsing '1e999', near byte"));
}

TEST(HarFile, ALongEntryEnds) {
  const testing::TempDir folder;
  const std::string path = folder.file("long.har");
  {
    std::ofstream file(path, std::ios::binary);
    file << R"({"log":{"entries":[{"x":")";
    const std::string piece(std::size_t{1} << 20, 'x');
    for (std::uint64_t i = 0; i <= kMostEntryBytes >> 20; ++i) file << piece;
    file << "\"}]}}";
  }
  EXPECT_TRUE(read_file(path).error.starts_with("has an entry that is longer than 128.0 MiB, near byte 13"))
      << read_file(path).error;
}

TEST(HarFile, TheVisitorEndsIt) {
  const testing::TempDir folder;
  std::ofstream(folder.file("a.har")) << R"({"log":{"entries":[)" << kEntry << "," << kEntry << "]}}";
  EXPECT_EQ(read_file(folder.file("a.har"), 1).entries, 1U);
}

TEST(HarFile, IsARegularFile) {
  EXPECT_EQ(read_file(std::filesystem::temp_directory_path().string()).error,
            "is not a regular file: it is read twice, first to see that it is whole");
  EXPECT_EQ(read_file("/dev/stdin").error, read_file("/dev/null").error);
}

}  // namespace
}  // namespace tracerec::convert
