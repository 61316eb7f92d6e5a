// What is asked of a target before a replay: whether it is there, and who we are. By cpp-httplib: these few requests
// are not part of the recording.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "http/message.h"
#include "replay/options.h"

namespace tracerec::cli {

// Asks GET / again and again until anything at all responses. Error: nothing did within `limit_ns`, or `stop` was set.
[[nodiscard]] Result<void> wait_until_ready(const replay::ReplayOptions& options, std::int64_t limit_ns,
                                            const std::atomic<bool>& stop);

// Sends the request that stands in the JSON file and gives the header that its response leads to:
//   {"method": "POST", "path": "/login", "headers": {"Content-Type": "application/json"},
//    "body": {"user": "u", "password": "p"},             an object is sent as JSON, a string as it is
//    "take": "body:/token",                              or "header:X-Token", "cookie:sid"; RFC 6901 for the body
//    "set": "Authorization: Bearer {}"}
// Error: the file, the request or its response is not as it should be; says which, never the values.
[[nodiscard]] Result<http::Header> log_in(const replay::ReplayOptions& options, const std::string& path);

}  // namespace tracerec::cli
