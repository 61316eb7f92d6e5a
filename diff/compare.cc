#include "diff/compare.h"

#include <string>

#include "diff/body.h"
#include "diff/headers.h"

namespace tracerec::diff {
namespace {

bool decoded_alike(const http::HeaderList& a, const http::HeaderList& b) {
  return a.values("Content-Encoding") == b.values("Content-Encoding") &&
         a.values("Transfer-Encoding") == b.values("Transfer-Encoding");
}

// Equal wire bytes mean equal content when they are decoded alike.
bool same_body(const Message& a, const Message& b, bool same_headers) {
  if (!a.body_whole || !b.body_whole || a.body != b.body || a.body_is_content != b.body_is_content ||
      a.trailers != b.trailers)
    return false;
  return same_headers || a.body_is_content || decoded_alike(a.headers, b.headers);
}

void report_status(int before, int after, DifferenceSink& sink) {
  const std::string recorded = std::to_string(before);
  const std::string replayed = std::to_string(after);
  sink.on_difference({Kind::kStatus,
                      "status",
                      "status",
                      {body::ValueType::kInteger, recorded, recorded},
                      {body::ValueType::kInteger, replayed, replayed},
                      {}});
}

// Of two messages whose status lines are known. Between HTTP/1 and HTTP/2 the client chooses.
bool both_http1(const Message& a, const Message& b) {
  return a.version.starts_with("HTTP/1") && b.version.starts_with("HTTP/1");
}

// HTTP/1.0 closes the connection and has no chunks: a client notices (RFC 9112 §2.3).
void compare_version(const std::string& before, const std::string& after, DifferenceSink& sink) {
  if (before == after) return;
  sink.on_difference({Kind::kValue,
                      "version",
                      "version",
                      {body::ValueType::kString, before, before},
                      {body::ValueType::kString, after, after},
                      {}});
}

void compare_status_lines(const Message& recorded, const Message& replayed, DifferenceSink& sink) {
  if (!both_http1(recorded, replayed)) return;
  compare_version(recorded.version, replayed.version, sink);
  if (recorded.status == replayed.status && recorded.reason != replayed.reason)
    sink.on_not_compared(NotCompared::kReasonPhrase);
}

}  // namespace

bool is_bodiless(std::string_view method, int status) {
  return method == "HEAD" || status / 100 == 1 || status == 204 || status == 304;
}

void compare_messages(std::string_view method, const Message& recorded, const Message& replayed, DifferenceSink& sink) {
  compare_messages(method, recorded, replayed, EndpointRules{}, sink);
}

void compare_messages(std::string_view method, const Message& recorded, const Message& replayed,
                      const EndpointRules& rules, DifferenceSink& sink) {
  const bool same_headers = recorded.headers == replayed.headers;
  if (recorded.status != replayed.status) {
    report_status(recorded.status, replayed.status, sink);
    if (recorded.status / 100 != replayed.status / 100) return sink.on_not_compared(NotCompared::kAfterStatusChange);
  }
  compare_status_lines(recorded, replayed, sink);
  if (recorded.interim != replayed.interim) sink.on_not_compared(NotCompared::kInterimResponses);
  if (!same_headers) compare_headers(recorded.headers, replayed.headers, rules, sink);
  if (same_body(recorded, replayed, same_headers)) return;
  const bool bodiless = is_bodiless(method, recorded.status) && is_bodiless(method, replayed.status);
  compare_bodies(recorded, replayed, bodiless, rules, sink);
}

}  // namespace tracerec::diff
