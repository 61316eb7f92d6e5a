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
  if (!same_headers) compare_headers(recorded.headers, replayed.headers, rules, sink);
  if (same_body(recorded, replayed, same_headers)) return;
  const bool bodiless = is_bodiless(method, recorded.status) && is_bodiless(method, replayed.status);
  compare_bodies(recorded, replayed, bodiless, rules, sink);
}

}  // namespace tracerec::diff
