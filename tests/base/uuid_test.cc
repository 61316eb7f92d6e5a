#include "base/uuid.h"

#include <gtest/gtest.h>

namespace tracerec {
namespace {

TEST(Uuid, EightFourFourFourTwelveHexadecimalDigits) {
  EXPECT_TRUE(is_uuid("723bd033-dff5-4ff3-b1bf-aee9bea2340a"));
  EXPECT_TRUE(is_uuid("723BD033-DFF5-4FF3-B1BF-AEE9BEA2340A"));
  EXPECT_TRUE(is_uuid("00000000-0000-0000-0000-000000000001"));
  for (const char* text : {"", "723bd033dff54ff3b1bfaee9bea2340a", "723bd033-dff5-4ff3-b1bf-aee9bea2340",
                           "723bd033-dff5-4ff3-b1bf-aee9bea2340g", "723bd0333dff5-4ff3-b1bf-aee9bea2340a"}) {
    EXPECT_FALSE(is_uuid(text)) << text;
  }
}

TEST(Uuid, GeneratedOnesHaveAVersionAndTheVariant) {
  EXPECT_TRUE(is_generated_uuid("8bac6538-7258-4373-9373-e65090682581"));
  EXPECT_TRUE(is_generated_uuid("01932c07-209d-7f5e-bc3e-5ab2c4dd3c11"));
  for (const char* text : {"00000000-0000-0000-0000-000000000001", "8bac6538-7258-0373-9373-e65090682581",
                           "8bac6538-7258-9373-9373-e65090682581", "8bac6538-7258-4373-c373-e65090682581",
                           "8bac6538-7258-4373-7373-e65090682581", "8bac6538"}) {
    EXPECT_FALSE(is_generated_uuid(text)) << text;
  }
}

}  // namespace
}  // namespace tracerec
