// Looking for TLS libraries in a process, as far as that goes without probes.
#include "record/tls/probes.h"
#include "tests/record/openat2.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace tracerec::record {
namespace {

std::size_t count_of(const std::vector<std::string>& lines, const std::string& part) {
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

// This test itself has more symbols than that; its other libraries are not read any more.
TEST(TlsProbes, AllFilesTogetherCostNoMoreThanTheirBudget) {
  if (!has_openat2()) GTEST_SKIP() << "no openat2";
  bool armed[TR_TLS_IMAGES_MAX] = {};
  TlsProbes probes({}, armed, true, {100, 1000});
  for (int i = 0; i < 3; ++i) probes.examine(static_cast<std::uint32_t>(::getpid()));
  EXPECT_EQ(count_of(probes.problems(), "its tables are larger than any program's"), 1U);
  EXPECT_EQ(count_of(probes.problems(), "so much was read of program files"), 1U);
  EXPECT_FALSE(probes.covers(static_cast<std::uint32_t>(::getpid())));
}

TEST(TlsProbes, AProcessThatIsGoneIsNoProblem) {
  bool armed[TR_TLS_IMAGES_MAX] = {};
  TlsProbes probes({}, armed, true);
  EXPECT_EQ(probes.libraries_of(0xFFFFFFF), "");
  EXPECT_TRUE(probes.problems().empty());
}

}  // namespace
}  // namespace tracerec::record
