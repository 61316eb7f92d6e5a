// How a header is compared, by its name.
#pragma once

#include <cstdint>
#include <string_view>

namespace tracerec::diff {

// kEtag and kDate are volatile, but keep their form. Of a kList and kAnyCaseList the order has no meaning.
enum class Treatment : std::uint8_t {
  kNormal,
  kVolatile,
  kEtag,
  kDate,
  kFraming,
  kCookie,
  kContentType,
  kList,
  kAnyCaseList,
};

// `name` in any case. Volatile are the headers by which servers, proxies and networks tell one response, one moment or
// one of their machines from another; docs/diff.md lists their families.
[[nodiscard]] Treatment treatment_of(std::string_view name);

}  // namespace tracerec::diff
