// One request and its response while they are under way: what session.cc and pipeline.cc share.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "replay/response_secrets.h"
#include "replay/session.h"
#include "replay/wire_events.h"

namespace tracerec::replay {

struct Session::Request {
  const schema::StoredExchange* exchange = nullptr;
  std::string head;
  std::string_view first_piece;  // of the body
  std::string stored_piece;      // holds it when it is not in the exchange's row
  std::int64_t first_seq = -1;
  bool has_more = false;  // pieces after the first
  bool keeps_alive = true;
  bool idempotent = false;
  bool expects_continue = false;
  bool is_open_ended = false;       // its response has no end:
  std::uint64_t wanted_events = 0;  // so many of it are enough

  [[nodiscard]] std::uint64_t bytes() const { return head.size() + exchange->request_body.captured_bytes; }
};

struct Session::Response {
  Response() = default;
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;

  schema::Command command = schema::Response{};  // what the writer is given, and leaves as it is
  schema::Response& row = std::get<schema::Response>(command);
  std::string body;                  // not handed to the writer yet
  std::string failure_detail;        // more about row.failure, for people; may be empty
  std::uint64_t stream_key = 0;      // non-zero once pieces were handed over
  std::size_t surplus_bytes = 0;     // that nobody asked for, after its end
  std::uint64_t received_bytes = 0;  // framing and interim responses included
  std::size_t interim_count = 0;     // of 1xx responses before it
  bool any_bytes = false;
  bool ended = false;
  bool keeps_alive = false;
  bool interim = false;              // the head just read is a 1xx
  std::optional<WireEvents> events;  // of an open-ended exchange, from its head on
  bool is_enough = false;            // and so it ends here, by our will
  bool keeps_response = false;       // later requests take values from it
  std::string kept;                  // of its body, as it was sent, what `body` has no more or has replaced
  ResponseSecrets::Message stored;   // what the trace file gets, when secrets are replaced
  schema::Substitutions substitutions;
  SteadyTime deadline;  // for its end

  // A request that expects 100 Continue waits here before it sends its body.
  boost::asio::steady_timer* go_ahead = nullptr;
  bool may_go_ahead = false;

  void allow() {
    may_go_ahead = true;
    go_ahead->cancel();
  }

  // For the next exchange, with the memory that it has: most responses are about as long as the one before.
  void reset() {
    std::string head = emptied(std::move(row.response_head));
    std::string bytes = emptied(std::move(row.response_body.bytes));
    row = {};
    row.response_head = std::move(head);
    body = std::move(bytes);
    failure_detail.clear();
    stream_key = 0;
    surplus_bytes = interim_count = 0;
    received_bytes = 0;
    any_bytes = ended = keeps_alive = interim = keeps_response = may_go_ahead = false;
    kept.clear();
    stored = {};
    events.reset();
    is_enough = false;
    if (!substitutions.rows.empty()) substitutions = {};
    go_ahead = nullptr;
  }

 private:
  // An open connection holds no more than this between two exchanges.
  static constexpr std::size_t kKeepBytes = 4096;

  static std::string emptied(std::string text) {
    if (text.capacity() > kKeepBytes) return {};
    text.clear();
    return text;
  }
};

struct Session::Single {
  Request request;
  Response response;
};

// Whether an exchange can be sent.
enum class Session::Readiness {
  kMaySend,
  kMustNotSend,  // there is no connection, or no value that it needs: its failure says which
  kStopped       // the run stops before its turn
};

}  // namespace tracerec::replay
