#include "diff/request_key.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/sha256.h"
#include "base/text.h"
#include "http/decode.h"

namespace tracerec::diff {
namespace {

// Sorted, so that the order in which a client sends them plays no part.
constexpr std::array<std::string_view, 14> kTelling = {"accept",
                                                       "accept-encoding",
                                                       "accept-language",
                                                       "authorization",
                                                       "content-type",
                                                       "cookie",
                                                       "host",
                                                       "if-match",
                                                       "if-modified-since",
                                                       "if-none-match",
                                                       "if-range",
                                                       "if-unmodified-since",
                                                       "range",
                                                       "x-http-method-override"};

// Lengths in front keep "ab" + "c" apart from "a" + "bc".
void add(Sha256& hash, std::string_view part) {
  hash.update(std::to_string(part.size()));
  hash.update(":");
  hash.update(part);
}

}  // namespace

std::string request_key(std::string_view method, std::string_view target, const http::HeaderList& headers,
                        std::string_view wire_body) {
  Sha256 hash;
  add(hash, method);
  add(hash, target);
  for (const std::string_view name : kTelling) {
    const auto values = headers.values(name);
    add(hash, std::to_string(values.size()));
    for (const std::string_view value : values) add(hash, value);
  }
  const auto content = http::decode_body(headers, wire_body);
  add(hash, content ? std::string_view(*content) : wire_body);
  const Sha256Digest digest = hash.finish();
  return to_hex(digest.data(), digest.size());
}

}  // namespace tracerec::diff
