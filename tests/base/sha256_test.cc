#include "base/sha256.h"

#include <gtest/gtest.h>

#include "base/hex.h"

namespace tracerec {
namespace {

// FIPS 180-4 example "abc".
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, KnownResponseWholeAndInPieces) {
  const Sha256Digest whole = sha256("abc");
  EXPECT_EQ(to_hex(whole.data(), whole.size()), kAbc);
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  EXPECT_EQ(hash.finish(), whole);
}

}  // namespace
}  // namespace tracerec
