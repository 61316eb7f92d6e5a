// What differs between two values, to be marked. Pure.
#pragma once

#include <string_view>

namespace tracerec::report {

// before = begin + old_part + end; after = begin + new_part + end. Views into the values, cut between UTF-8 sequences.
struct ChangedPart {
  std::string_view begin;
  std::string_view old_part;
  std::string_view new_part;
  std::string_view end;
};

[[nodiscard]] ChangedPart changed_part(std::string_view before, std::string_view after);

}  // namespace tracerec::report
