// What zlib's windowBits says of a stream's framing (zlib.h, deflateInit2 and inflateInit2). Internal to http/.
#pragma once

namespace tracerec::http {

inline constexpr int kGzipWindow = 15 + 16;
inline constexpr int kZlibWindow = 15;
inline constexpr int kRawWindow = -15;  // no framing

}  // namespace tracerec::http
