// Processes by their numbers.
#include "record/proc.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace tracerec::record {
namespace {

TEST(Proc, TheOwnerIsWhoRunsTheProcess) {
  EXPECT_EQ(owner_of(::getpid()), ::getuid());
  EXPECT_EQ(owner_of(0), std::nullopt);
}

TEST(Proc, ANumberBeyondThatOfAProcessIsNone) {
  EXPECT_FALSE(process_exists(4'294'967'297));
  EXPECT_FALSE(process_exists(-1));
}

}  // namespace
}  // namespace tracerec::record
