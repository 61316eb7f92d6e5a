// Whether the request of a row is one that can be sent. Internal to schema/.
#pragma once

#include <functional>
#include <string_view>

#include "base/error.h"
#include "schema/rows.h"

namespace tracerec::schema {

// Calls its argument with each piece of a body that is outside its row, until that returns false.
using ReadBody = std::function<Result<void>(const StoredBody&, const std::function<bool(std::string_view)>&)>;

// The request of a complete or open-ended exchange is exactly one message (http/request_framing.h): sent on a
// connection, it leaves nothing behind that the server would take for another request, and makes it wait for nothing.
// Error: names the exchange. Without `read` the chunks of a body outside the row are not looked at. Other exchanges are
// not sent.
[[nodiscard]] Result<void> check_request(const StoredExchange& exchange, const ReadBody& read = {});

}  // namespace tracerec::schema
