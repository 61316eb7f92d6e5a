#include "cli/size_option.h"

#include "base/text.h"

namespace tracerec::cli {

Result<void> read_size(const char* option, const std::string& text, std::uint64_t& bytes) {
  if (text.empty()) return {};
  const auto parsed = parse_size_bytes(text);
  if (!parsed) {
    return Error{std::string(option) + " " + printable(text, 40) +
                 " is not a valid size: write 64MiB, 2GiB or a number of bytes"};
  }
  bytes = *parsed;
  return {};
}

}  // namespace tracerec::cli
