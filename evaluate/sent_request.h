// The request of an exchange as it goes over the wire: as it was recorded, or as a run sent it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "http/message.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::evaluate {

// A header of --set-header or --login, whose value is not stored.
struct SetHeader {
  std::string name;
  std::size_t user = 0;  // of a list of logins, from 1; 0: every request gets it
};

// A request and where it goes.
struct SentRequest {
  bool tls = false;
  std::string authority;    // "host:port" of the URL; checked, whatever the Host header says
  std::string unix_socket;  // path of the socket, or "@name" of an abstract one; empty: TCP
  http::RequestHead head;
  std::string payload;                 // without chunk framing and trailers; content coding kept
  bool chunked = false;                // how it was framed
  bool insecure = false;               // https: any certificate
  std::string cacert, cert, key;       // https: files, as ReplayOptions has them
  std::vector<SetHeader> set_headers;  // those that this request gets
};

// To the server that was recorded: TLS and Unix sockets as on its connection. Error: the head or the body cannot be
// read, or its bytes are not all there.
[[nodiscard]] Result<SentRequest> recorded_request(schema::Reader& reader, const schema::StoredExchange& exchange);

// To the target of `run`, as that run sent it: the paths, headers and TLS options of its stored options, and the values
// that came from its responses. A run that has no id and no options: only the target differs from what was recorded.
// Cookies that the target replaced in the middle of the run are looked for among the last kCookieReach requests that
// carried them. Errors as above.
[[nodiscard]] Result<SentRequest> request_of_run(schema::Reader& reader, const schema::StoredExchange& exchange,
                                                 const schema::Run& run);

constexpr std::size_t kCookieReach = 200;

// The bytes of a request as a run sent it.
struct SentMessage {
  std::string head;                 // kNotStored in the place of values that are not stored
  std::optional<std::string> body;  // on the wire; nothing: as it was recorded
};
inline constexpr const char* kNotStored = "(not stored)";

// What is not known of the request of `run` is as it was recorded: times of --shift-time, tokens of --jwt-key, and
// values that cannot be found any more. Errors: the trace file cannot be read, the run's target is none.
[[nodiscard]] Result<SentMessage> message_of_run(schema::Reader& reader, const schema::StoredExchange& exchange,
                                                 const schema::Run& run);

}  // namespace tracerec::evaluate
