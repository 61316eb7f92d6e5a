// Tokens that the target made in the place of recorded ones: two users must not have one.
#pragma once

#include <cstdint>
#include <string_view>

#include "gate/counterparts.h"

namespace tracerec::gate {

// The scope of tokens of which only one side has pseudonyms. In the recording a token may be two texts then, itself and
// its pseudonym, though not where one member of the responses to one path is concerned. `name`: of the member, header
// or cookie.
[[nodiscard]] std::uint64_t token_scope(std::string_view method, std::string_view target, std::string_view name);

// Remembers that the target had `replayed` where the recording had `recorded`. False, and nothing is remembered, when
// `replayed` was given in the place of another token of the scope already (0: anywhere). Of JSON Web Tokens their
// holders are compared (http::holder_of): two of one second and one holder are equal, so that it is the holders that
// must not have one.
bool learn_token(Counterparts& counterparts, std::string_view recorded, std::string_view replayed,
                 std::uint64_t scope = 0);

// Whether learn_token() would take the pair, or has.
[[nodiscard]] bool agrees_token(const Counterparts& counterparts, std::string_view recorded, std::string_view replayed,
                                std::uint64_t scope = 0);

}  // namespace tracerec::gate
