// The secret that fuzzers of redaction hide in noise.
#pragma once

#include <string_view>

namespace tracerec::fuzz {

constexpr std::string_view kSecret = "Qz7Jx4Vk9Wq2";

// Whether two thirds of it stand in the text.
inline bool leaks(std::string_view text) {
  return text.find(kSecret.substr(0, 8)) != std::string_view::npos ||
         text.find(kSecret.substr(4)) != std::string_view::npos;
}

}  // namespace tracerec::fuzz
