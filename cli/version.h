#pragma once

namespace tracerec::cli {

inline constexpr const char* kVersion = TRACEREC_VERSION;

}  // namespace tracerec::cli
