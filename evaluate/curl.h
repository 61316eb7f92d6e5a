// A recorded request as a command to paste. docs/replay.md, Curl commands, says what is equal to what was sent.
#pragma once

#include <string>

#include "base/error.h"
#include "evaluate/sent_request.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::evaluate {

// A command in one line, for any POSIX shell, that sends this request: method, target, headers and body are equal to
// it, byte for byte. Nothing of it is run or read by the shell or by curl, whatever bytes it holds. A header of
// --set-header or --login, whose value is not stored, is taken from the variable TRACEREC_NAME
// ("TRACEREC_AUTHORIZATION" for Authorization, "TRACEREC_AUTHORIZATION_USER_2" for the second of a list of logins), and
// the command fails when that is not set. Error: curl cannot send it (a NUL byte in the head).
[[nodiscard]] Result<std::string> to_curl(const SentRequest& request);

// To the host that it was recorded from, or to `target` ("http://staging:8080", "unix:/run/app.sock"). Error: the head
// or the body cannot be read, or as above.
[[nodiscard]] Result<std::string> to_curl(schema::Reader& reader, const schema::StoredExchange& exchange,
                                          const std::string& target = {});

// As `run` sent it: request_of_run().
[[nodiscard]] Result<std::string> to_curl(schema::Reader& reader, const schema::StoredExchange& exchange,
                                          const schema::Run& run);

}  // namespace tracerec::evaluate
