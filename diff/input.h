// What is compared, as values. The caller fills them from wherever it keeps messages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "http/message.h"

namespace tracerec::diff {

// One final response.
struct Message {
  int status = 0;
  std::string version;       // "HTTP/1.1", as in the status line; empty: not known
  std::string reason;        // of the status line; looked at only when both versions are HTTP/1.x
  std::vector<int> interim;  // status codes of the 1xx responses before it, in order
  http::HeaderList headers;
  std::string body;              // as on the wire, or the content when body_is_content
  bool body_is_content = false;  // transfer and content codings are already undone
  http::HeaderList trailers;     // of a body that is content; otherwise they stand after its chunks
  bool open_ended = false;       // the body is the beginning of a stream of events, and as much as was waited for
  bool body_whole = true;        // false: some of the body was not captured
  std::int64_t at_unix_ns = 0;   // when it was asked for; 0: not known
};

// A cookie that the new response sets although another session has it.
struct SharedCookie {
  std::string name;
  std::string recorded;  // its value in the recorded response
  std::string replayed;
};

// One recorded exchange and the response of the target to the same request.
struct Pair {
  std::int64_t exchange_id = 0;
  std::string method;
  std::string target;     // as sent, query included
  std::string operation;  // that it calls, where one URL serves many; empty: the URL says it
  std::string request;    // content of the recorded request, when it is a write and short; else empty
  Message recorded;
  Message replayed;  // unused when `failure` is set
  // Secrets in one of the two responses are pseudonyms, and not in the other or of another key: they differ although
  // they may be equal.
  bool recorded_is_redacted = false;
  bool both_are_redacted = false;  // then: in both, each with a key of its own, so that equal ones are equal in each
  // What was replaced in the recorded response although its location does not say so.
  std::vector<std::string> redacted_values{};
  std::vector<SharedCookie> shared_cookies{};
  bool recorded_complete = true;  // false: never used as the baseline; counted as not compared
  bool baseline_failed = false;   // true: there is no response to compare with; counted as not compared
  // The exchange whose response should have held a value that this request needed: it was not sent. 0: none.
  std::int64_t needs_exchange = 0;
  bool is_needed = false;  // others were not sent because its response has no such value
  std::string failure;     // empty: answered. Else why not: "timeout", "refused"…
};

// One response of a group of equal requests (schema/request_key.h): recorded, or re-sent after the run. The members
// of a group are given one after the other, and all with the same `group_id`.
struct DuplicateMember {
  std::int64_t group_id = 0;
  std::string method;
  std::string target;
  Message response;
  bool of_target = false;   // a response of the candidate, not of the baseline
  std::string operation{};  // as in Pair
};

}  // namespace tracerec::diff
