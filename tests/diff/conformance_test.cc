// Sets that others wrote: JSONTestSuite and json-patch-tests. Not part of the repository; skipped when they are not
// there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/diff/differences.h"

namespace tracerec::diff {
namespace {

std::filesystem::path conformance_dir() {
  const char* given = std::getenv("TRACEREC_CONFORMANCE_DIR");
  return given ? given : TRACEREC_CONFORMANCE_DIR;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Conformance, JsonTestSuiteParsing) {
  const auto folder = conformance_dir() / "JSONTestSuite" / "test_parsing";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no " << folder << "; set TRACEREC_CONFORMANCE_DIR";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    const std::string text = read(entry.path());
    const bool accepted = body::JsonDocument::parse(text).has_value();
    EXPECT_TRUE(accepted || !name.starts_with("y_")) << name;
    EXPECT_FALSE(accepted && name.starts_with("n_")) << name;
    EXPECT_TRUE(diff_texts(text, text).kept.empty()) << name;
    ++files;
  }
  EXPECT_GT(files, 300);
}

// The text of a JSON value as the file has it would be better still; re-serialised, 1.0 stays 1.0.
void check_pair(const nlohmann::ordered_json& test, int& equal, int& different) {
  if (!test.contains("doc") || !test.contains("expected")) return;
  const std::string before = test["doc"].dump();
  const std::string after = test["expected"].dump();
  const bool same = nlohmann::json::parse(before) == nlohmann::json::parse(after);
  ++(same ? equal : different);
  const auto sink = diff_texts(before, after);
  EXPECT_EQ(sink.kept.empty(), same) << before << "\n" << after;
  EXPECT_EQ(diff_texts(after, before).kept.empty(), same) << before << "\n" << after;
}

TEST(Conformance, JsonPatchPairs) {
  const auto folder = conformance_dir() / "json-patch-tests";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no " << folder << "; set TRACEREC_CONFORMANCE_DIR";
  int equal = 0, different = 0;
  for (const char* file : {"tests.json", "spec_tests.json"}) {
    const auto tests = nlohmann::ordered_json::parse(read(folder / file));
    for (const auto& test : tests) check_pair(test, equal, different);
  }
  EXPECT_GT(equal, 5);
  EXPECT_GT(different, 30);
}

}  // namespace
}  // namespace tracerec::diff
