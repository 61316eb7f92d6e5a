// What is asked of a target before a replay: whether it is there, and who we are. A few requests that are not part of
// the recording.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "http/message.h"
#include "replay/identity.h"
#include "replay/login.h"
#include "replay/options.h"
#include "replay/replay.h"

namespace tracerec::cli {

// Sends GET / again and again until the target responds with anything at all that is HTTP. Error: it did not within
// `limit_ns`, `stop` was set, or a file of the TLS options is of no use.
[[nodiscard]] Result<void> wait_until_ready(const replay::ReplayOptions& options, std::int64_t limit_ns,
                                            const std::atomic<bool>& stop);

// Why none of the requests of a replay got a response that its server would give: the target speaks TLS, and the replay
// did not. Asks it by a handshake. Empty: that is not it.
[[nodiscard]] std::string explain_plain_http(const replay::ReplayOptions& options, const replay::ReplaySummary& summary,
                                             const std::atomic<bool>& stop);

// What logins gave: the header of every request, or that of each user's requests.
struct LoggedIn {
  std::vector<http::Header> headers;
  std::vector<replay::Identity> identities;
};

// A login file that was read (replay/login.h).
struct LoginFile {
  std::string path;
  std::vector<replay::Login> logins;
};

// Notes which of the users' credentials a request of the recording carries. 0: the newest recording. Error: the trace
// file cannot be read.
[[nodiscard]] Result<void> mark_recorded(std::vector<replay::Identity>& identities, const schema::TraceSource& db,
                                         std::int64_t recording_id);

// Reads it once: it may be a pipe. A user that it names by an exchange is looked up in the trace file `db`. Sends
// nothing. Error: the file is not as it should be, or names an exchange that is not in `db`.
[[nodiscard]] Result<LoginFile> read_login_file(const std::string& path, const schema::TraceSource& db);

// What log_in() would give, with empty values: whose requests get which header.
[[nodiscard]] LoggedIn logins_to_come(const LoginFile& file);

// Sends the requests and gives the headers that their responses lead to. Error: a request or its response is not as it
// should be, or `stop` was set; says which, never the values nor a query, which may have secrets.
[[nodiscard]] Result<LoggedIn> log_in(const replay::ReplayOptions& options, const LoginFile& file,
                                      const std::atomic<bool>& stop);

}  // namespace tracerec::cli
