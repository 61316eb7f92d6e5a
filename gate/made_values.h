// Ids and tokens that a server makes anew: whether the target's may stand for the recorded one.
#pragma once

#include <cstdint>
#include <string_view>

#include "diff/shape.h"

namespace tracerec::gate {

// "token", "refresh_token", "csrfToken", "nonce", "session", "cursor", "api_key": the name of a field that holds a text
// without a meaning to its reader.
[[nodiscard]] bool names_a_token(std::string_view name);

// "request_id", "traceId", "X-Correlation-Id": of one message, whatever it says.
[[nodiscard]] bool names_a_message(std::string_view name);

// UUID, ULID, JWT, or 24 hexadecimal digits: nobody writes these by hand.
[[nodiscard]] bool is_made_by_programs(std::string_view text);

// diff::is_alike(); of JWTs (RFC 7519) whose claims can be read also their claims: the same names, ids that are alike,
// times with the same terms (exp - iat), everything else equal.
[[nodiscard]] bool may_stand_for(std::string_view recorded, std::string_view replayed);

}  // namespace tracerec::gate
