#include "base/uuid.h"

#include <cstddef>

#include "base/hex.h"

namespace tracerec {

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : hex_value(text[i]) < 0) return false;
  }
  return true;
}

bool is_generated_uuid(std::string_view text) {
  if (!is_uuid(text)) return false;
  const int version = hex_value(text[14]);
  return version >= 1 && version <= 8 && hex_value(text[19]) >> 2 == 2;
}

}  // namespace tracerec
