// libFuzzer's door to fuzz_one().
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  tracerec::fuzz::fuzz_one({reinterpret_cast<const char*>(bytes), count});
  return 0;
}
