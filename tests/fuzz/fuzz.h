// What the fuzz targets share. Each target is one file that defines fuzz_one(); main.cc feeds it the kept corpus in
// the normal build, libFuzzer feeds it everything else in the `fuzz` preset (docs/testing.md).
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tracerec::fuzz {

// One input. Must not keep anything between calls. A broken promise ends the process (FUZZ_CHECK).
void fuzz_one(std::string_view input);

[[noreturn]] inline void fail(const char* file, int line, const char* promise) {
  std::fprintf(stderr, "%s:%d: broken: %s\n", file, line, promise);
  std::abort();
}

// Cuts the bytes up to `separator` off the front of `rest`; all of it when there is none.
inline std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view piece = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return piece;
}

}  // namespace tracerec::fuzz

#define FUZZ_CHECK(promise) ((promise) ? void() : ::tracerec::fuzz::fail(__FILE__, __LINE__, #promise))
