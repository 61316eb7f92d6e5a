// What the user asked of a replay. A value; docs/replay.md explains each field.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/glob.h"
#include "http/message.h"
#include "replay/exchange_set.h"
#include "replay/identity.h"
#include "replay/rewrite.h"
#include "replay/target.h"
#include "replay/time_shift.h"
#include "schema/rows.h"

namespace tracerec::replay {

class ResponseSecrets;

// When requests are sent.
enum class Pace {
  kRecorded,  // as recorded, divided by `speed`, on an absolute clock
  kMax,       // as fast as the target responds
  kRate       // evenly spaced, `rate` a second, in recorded order
};

// What must have been answered before a request is sent, beside what comes first on its connection.
enum class OrderMode {
  kAuto,       // where its values come from, the same session, writes to the same resource
  kStrict,     // everything that had been answered when it was recorded
  kConnection  // where its values come from
};

// One of those that a recording is sent to.
struct Server {
  Target target;
  std::vector<http::Header> set_headers;
  std::vector<Identity> identities{};  // each user's header; above set_headers
};

struct ReplayOptions {             // NOLINT(clang-analyzer-optin.performance.Padding): there is one
  schema::RowId recording_id = 0;  // 0: the newest
  Target target;
  std::optional<Server> baseline;  // is asked the same, in turns with the target
  Pace pace = Pace::kRecorded;
  double speed = 1;                 // > 0, for kRecorded
  double rate = 0;                  // > 0, requests a second, for kRate
  std::size_t max_connections = 0;  // at once. 0: with kMax as many as overlapped in the recording, else no limit
  EndpointFilter filter;
  std::shared_ptr<const ExchangeSet> selected{};  // of what the filter accepts, these; nullptr: all
  bool shift_time = false;                        // times near the recorded moment follow the replay (time_shift.h)
  std::optional<JwtKey> jwt_key;                  // tokens that it has signed get times of the replay
  bool dependencies = true;                       // what the included exchanges need is sent too (dependencies.h)
  std::vector<http::Header> set_headers;
  std::vector<Identity> identities;
  std::vector<std::string> remove_headers;
  std::vector<PathRewrite> rewrite_paths;
  bool keep_host = false;                    // the recorded Host is sent, and Origin and Referer stay
  bool quickack = false;                     // what is received is acknowledged at once (TCP_QUICKACK)
  std::int64_t timeout_ns = 30'000'000'000;  // from sending a request to the end of its response
  std::int64_t connect_timeout_ns = 0;       // for connecting, TLS included; 0: timeout_ns
  std::int64_t first_byte_timeout_ns = 0;    // from sending a request to the first byte of its response; 0: timeout_ns
  std::int64_t stream_for_ns = 5'000'000'000;  // of a stream of events without an end, from its head on
  // Of one response, framing and interim responses included: beyond it the response is cut and the exchange failed.
  std::uint64_t max_response_bytes = std::uint64_t{64} << 20;
  std::uint64_t max_file_bytes = UINT64_MAX;      // of the trace file and its log, at which the run is given up
  std::int64_t max_idle_ns = 0;                   // with kRecorded: longer pauses become this long; 0: as recorded
  std::int64_t max_lateness_ns = 60'000'000'000;  // of requests, above which the run is given up (overload.h); 0: never
  bool correlate = true;                          // values of the recording's responses become the target's
  OrderMode order = OrderMode::kAuto;             // what a request waits for on other connections
  bool insecure = false;                          // https: accept any certificate
  std::string cacert;                             // https: file with the authorities to trust; empty: the system's
  std::string cert;                               // https: file with our certificate; empty: none
  std::string key;                                // https: file with its key; empty: in `cert`
  bool allow_recorded_target = false;
  // Replaces secrets in what is stored of the responses; shared with what re-sends them. nullptr: stored as they are.
  std::shared_ptr<ResponseSecrets> secrets{};
  bool dry_run = false;      // decide and count, send nothing, write nothing
  std::string options_json;  // kept with the run
};

// What a run is marked with.
[[nodiscard]] inline schema::Secrets secrets_of(const ReplayOptions& options) {
  return options.secrets != nullptr ? schema::Secrets::kReplaced : schema::Secrets::kKept;
}

// Whether requests are sent with times of the replay.
[[nodiscard]] inline bool shifts(const ReplayOptions& options) {
  return options.shift_time || options.jwt_key.has_value();
}

// What is moved in a request that was recorded then and is sent now. Refers to `options`.
[[nodiscard]] inline ShiftRules shift_rules(const ReplayOptions& options, const Moments& moments) {
  return {moments, options.shift_time, options.jwt_key ? &*options.jwt_key : nullptr};
}

// Names of the headers that are set or removed: their recorded values are not looked at.
[[nodiscard]] inline std::vector<std::string> overridden_headers(const ReplayOptions& options) {
  std::vector<std::string> names = options.remove_headers;
  for (const http::Header& header : options.set_headers) names.push_back(header.name);
  for (const Identity& identity : options.identities) names.push_back(identity.key.header);
  return names;
}

}  // namespace tracerec::replay
