#include "convert/gor_file.h"

#include <charconv>
#include <istream>
#include <list>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "convert/wire_form.h"
#include "http/normalize.h"
#include "http/request_framing.h"

// How this works. A payload is a line "1 ID TIME [LATENCY]" (1: request, 2: response, 3: response of a replay; times in
// nanoseconds), the message, and a line of three monkeys. Tests: tests/convert/gor_file_test.cc.

namespace tracerec::convert {
namespace {

constexpr std::string_view kSeparator = "\xF0\x9F\x90\xB5\xF0\x9F\x99\x88\xF0\x9F\x99\x89";

struct GorPayload {
  int type = 0;
  std::string id;
  std::int64_t at_unix_ns = 0;
  std::int64_t latency_ns = 0;
  std::string message;
};

// The text of the next payload without its separator; false at the end of the file.
bool next_text(std::istream& stream, std::string& text) {
  text.clear();
  for (std::string line; std::getline(stream, line);) {
    if (line == kSeparator) {
      if (!text.empty()) text.pop_back();  // the line end before the separator
      return true;
    }
    text += line;
    text += '\n';
  }
  return !trim(text).empty();
}

bool read_number(const std::string& word, std::int64_t& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size() && number >= 0 && number <= kMostUnixNs;
}

Result<GorPayload> read_payload(std::string&& text) {
  const std::size_t end = text.find('\n');
  std::istringstream words(text.substr(0, end));
  std::string type, id, at, latency;
  words >> type >> id >> at >> latency;
  GorPayload payload;
  const bool is_type = type == "1" || type == "2" || type == "3";
  if (end == std::string::npos || !is_type || id.empty() || !read_number(at, payload.at_unix_ns))
    return Error{"does not begin with a type, an id and a time: is this a file of GoReplay?"};
  if (!latency.empty() && !read_number(latency, payload.latency_ns)) payload.latency_ns = 0;
  payload.type = type[0] - '0';
  payload.id = std::move(id);
  payload.message = text.substr(end + 1);
  return payload;
}

struct Parts {
  std::string head, body;
};

std::optional<Parts> split(const std::string& message) {
  const std::size_t end = message.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  return Parts{message.substr(0, end + 4), message.substr(end + 4)};
}

bool is_whole_chunked(std::string_view body) {
  http::ChunkedBody chunks;
  return chunks.add(body) && chunks.at_end();
}

// Servers differ in which of the two they believe: sent again, it may be two requests (RFC 9112 §6.1).
bool has_two_framings(std::string_view head) {
  const std::string lower = to_lower(head);
  return lower.find("\ncontent-length") != std::string::npos && lower.find("\ntransfer-encoding") != std::string::npos;
}

void set_gor_body(schema::Exchange& row, schema::BodyIn& to, std::string&& body, bool is_whole, const char* unknown) {
  to.wire_bytes = body.size();
  if (is_whole) {
    to.bytes = std::move(body);
    return;
  }
  row.complete = false;
  add_note(row, unknown);
}

Entry gor_request(const GorPayload& payload) {
  auto parts = split(payload.message);
  if (!parts) return Skipped{kUnreadable, "its request has no end of its head"};
  const auto head = http::parse_request_head(http::normalize_head(parts->head, true));
  if (!head) return Skipped{kUnreadable, "its request: " + head.error().message};
  Draft draft;
  const std::string* host = head->headers.find("Host");
  if (host != nullptr) draft.server = draft.host = *host;
  schema::Exchange& row = draft.row;
  row.started_unix_ns = payload.at_unix_ns;
  row.complete = true;
  row.method = head->method;
  row.target = head->target;
  const auto framing = http::check_request(parts->head, parts->body.size());
  if (has_two_framings(parts->head)) return Skipped{kUnreadable, "its request has Content-Length and chunks"};
  const bool is_whole = framing && (*framing == http::BodyFraming::kLength || is_whole_chunked(parts->body));
  row.request_head = std::move(parts->head);
  set_gor_body(row, row.request_body, std::move(parts->body), is_whole, kRequestBodyUnknown);
  return draft;
}

// One that ends with its connection may have been longer.
bool is_whole_response(const http::ResponseHead& head, std::string_view method, std::string_view body) {
  if (!may_have_body(method, head.status)) return body.empty();
  if (head.headers.find("Transfer-Encoding") != nullptr) return is_whole_chunked(body);
  return content_length(head.headers) == body.size();
}

void add_response(const GorPayload& payload, Draft& draft) {
  schema::Exchange& row = draft.row;
  auto parts = split(payload.message);
  const auto head = parts ? http::parse_response_head(http::normalize_head(parts->head, false))
                          : Result<http::ResponseHead>(Error{"no head"});
  if (!head) {
    row.complete = false;
    return add_note(row, "response_refused");
  }
  row.status = head->status;
  if (row.status == 101) add_note(row, "upgrade");
  const bool is_whole = is_whole_response(*head, row.method, parts->body);
  row.response_head = std::move(parts->head);
  set_gor_body(row, row.response_body, std::move(parts->body), is_whole, kResponseBodyUnknown);
  const std::int64_t later = payload.at_unix_ns - row.started_unix_ns;
  const std::int64_t took = payload.latency_ns > 0 ? payload.latency_ns : later;
  constexpr std::int64_t kMost = std::int64_t{366} * 24 * 3600 * 1'000'000'000;
  if (took >= 0 && took < kMost) row.ttfb_ns = row.duration_ns = took;
}

// Requests without their response yet, oldest first.
class Waiting {
 public:
  void add(const std::string& id, Draft&& draft, std::size_t bytes) {
    bytes_ += bytes;
    oldest_.push_back({id, std::move(draft), bytes});
    by_id_[id] = std::prev(oldest_.end());
  }
  std::optional<Draft> take(const std::string& id) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return std::nullopt;
    return remove(found->second);
  }
  std::optional<Draft> take_oldest(std::size_t most_bytes) {
    if (oldest_.empty() || bytes_ <= most_bytes) return std::nullopt;
    Draft draft = remove(oldest_.begin());
    draft.row.complete = false;
    add_note(draft.row, "no_response");
    return draft;
  }

 private:
  struct One {
    std::string id;
    Draft draft;
    std::size_t bytes;
  };
  Draft remove(std::list<One>::iterator one) {
    Draft draft = std::move(one->draft);
    bytes_ -= one->bytes;
    const auto found = by_id_.find(one->id);
    if (found != by_id_.end() && found->second == one) by_id_.erase(found);
    oldest_.erase(one);
    return draft;
  }
  std::list<One> oldest_;
  std::unordered_map<std::string, std::list<One>::iterator> by_id_;
  std::size_t bytes_ = 0;
};

// False: the visitor wants no more.
bool take_payload(const GorPayload& payload, Waiting& waiting, const EntryVisitor& visit) {
  if (payload.type == 3) return visit(Skipped{"replayed", ""});
  if (payload.type == 2) {
    auto draft = waiting.take(payload.id);
    if (!draft) return visit(Skipped{"no_request", ""});
    add_response(payload, *draft);
    return visit(std::move(*draft));
  }
  Entry entry = gor_request(payload);
  auto* draft = std::get_if<Draft>(&entry);
  if (draft == nullptr) return visit(std::move(entry));
  constexpr std::size_t kOverhead = 1024;
  waiting.add(payload.id, std::move(*draft), payload.message.size() + kOverhead);
  auto oldest = waiting.take_oldest(kMostWaitingBytes);
  return !oldest || visit(std::move(*oldest));
}

}  // namespace

Result<FileOrigin> read_gor(InputFile& file, const EntryVisitor& visit) {
  std::istream stream(&file);
  Waiting waiting;
  std::string text;
  for (std::uint64_t number = 1; file.begin_entry(), next_text(stream, text); ++number) {
    const std::string where = "payload " + std::to_string(number);
    if (!file.failure().empty()) return Error{where + ": " + file.failure()};
    const auto payload = read_payload(std::move(text));
    if (!payload) return Error{where + " " + payload.error().message};
    if (!take_payload(*payload, waiting, visit)) return FileOrigin{"GoReplay"};
  }
  if (!file.failure().empty()) return Error{file.failure()};
  while (auto draft = waiting.take_oldest(0)) {
    if (!visit(std::move(*draft))) break;
  }
  return FileOrigin{"GoReplay"};
}

}  // namespace tracerec::convert
