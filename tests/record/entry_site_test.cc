// Where a Go function of x86-64 is probed. Machine code as Go 1.19 makes it.
#include "record/tls/entry_site.h"

#include <gtest/gtest.h>

#include <string_view>

namespace tracerec::record {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kCompare = "\x49\x3b\x66\x10\x0f\x86\xc2\x03\x00\x00\x48\x83\xec\x68"sv;
constexpr std::string_view kFrame = "\x4c\x8d\x64\x24\x98\x4d\x3b\x66\x10\x0f\x86\x64\x07\x00\x00"sv;

TEST(GoEntrySite, IsTheJumpOfTheStackCheck) {
  EXPECT_EQ(go_entry_site(kCompare, false), 4u);  // cmp rsp, [r14 + 16]; jbe; sub rsp, 104
  EXPECT_EQ(go_entry_site(kFrame, false), 9u);    // lea r12, [rsp - 104]; cmp r12, [r14 + 16]; jbe
}

TEST(GoEntrySite, IsTheStartOfOtherFunctions) {
  EXPECT_EQ(go_entry_site("\x48\x83\xec\x68\x0f\x86\xc2\x03\x00\x00"sv, false), 0u);  // sub rsp, 104; jbe
  EXPECT_EQ(go_entry_site("\x48\x8d\x44\x24\x98\x49\x3b\x66\x10\x0f\x86\x64\x07\x00\x00"sv, false), 0u)
      << "lea rax: an argument";
  EXPECT_EQ(go_entry_site("\x49\x3b\x66\x10\x90\x0f\x86\xc2\x03\x00\x00"sv, false), 0u);  // cmp; nop; jbe
  EXPECT_EQ(go_entry_site("\x49\x3b\x66\x10"sv, false), 0u);
  EXPECT_EQ(go_entry_site("", false), 0u);
  EXPECT_EQ(go_entry_site(kCompare, true), 0u) << "arm64";
}

}  // namespace
}  // namespace tracerec::record
