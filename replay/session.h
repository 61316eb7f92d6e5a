// One recorded connection, replayed again: its exchanges in recorded order, each after the response to the one
// before unless the recording shows a pipeline.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "http/parser.h"
#include "replay/alternation.h"
#include "replay/causality.h"
#include "replay/exchange_source.h"
#include "replay/failures.h"
#include "replay/options.h"
#include "replay/outlook.h"
#include "replay/overload.h"
#include "replay/pacer.h"
#include "replay/plan.h"
#include "replay/response_secrets.h"
#include "replay/response_times.h"
#include "replay/rewrite.h"
#include "replay/run_ledger.h"
#include "replay/transport.h"
#include "replay/values.h"
#include "schema/reader.h"
#include "schema/store.h"

namespace tracerec::replay {

// What the runs that go on side by side share. It outlives them.
struct ReplayContext {
  const ReplayOptions& options;
  schema::Reader& reader;
  ExchangeSource& source;
  schema::Store& store;
  Pacer& pacer;
  boost::asio::io_context& io;
  const Clock& clock;  // for the moment at which a request is sent
  SteadyTime start{};
  Alternation* alternation = nullptr;  // nullptr: there is one run
  const Outlook* outlook = nullptr;    // nullptr: nothing is known, and everything that the filter accepts is sent
  std::uint64_t next_stream_key = 1;   // of the writer
  std::size_t open_sessions = 0;       // of all runs
  std::function<std::uint64_t()> file_bytes{};  // of the trace file, now; none: it has no limit

  // A session begins to wait for another: the player may open one more.
  void wake_player() const { io.stop(); }

  // Why the exchange is not sent; nullptr: it is.
  [[nodiscard]] const char* skip_reason_of(const schema::StoredExchange& exchange) const {
    return skip_reason(exchange, options.filter, outlook != nullptr ? &outlook->needed : nullptr,
                       outlook != nullptr ? options.selected.get() : nullptr);
  }
};

// What all sessions of a run share. It outlives them; everything is used on the thread of the io_context.
struct RunState {
  ReplayContext& context;
  const Rewrite rewrite;
  Transport& transport;
  Causality& causality;
  schema::RowId run_id = 0;
  Side side = Side::kLeft;

  RunLedger ledger{};
  Histogram intended_latency{};  // from when it should have been sent to the last byte of the response
  Histogram latency{};           // from when it was sent
  Histogram ttfb{};
  Histogram schedule_error{};  // sent − intended
  StallWatch stalls{};
  Failures failures{};
  Occurrences refused_credentials{};  // answered 401 or 403, and the credential was replaced while recording
  std::uint64_t shifted_times = 0;    // in requests (time_shift.h)
  std::uint64_t signed_tokens = 0;    // likewise, by options.jwt_key
  ResponseSecrets::Counts secrets{};  // of options.secrets, in its responses
  std::uint64_t open_ended = 0;       // exchanges whose response has no end, that were sent
  Occurrences conflicts{};            // what had created something, answered 409 or 422
  std::uint64_t bad_requests = 0;     // answered 400 (RFC 9110 §15.5.1), which the recorded server did not
  OverloadWatch overload{context.options.max_lateness_ns};
  bool stopping = false;
  const char* skip_key = kSkippedInterrupted;  // of what is not sent when it stops
  std::string error{};                         // the run cannot go on: the trace file cannot be read or written

  void fail(const std::string& message) {
    if (error.empty()) error = message;
    stopping = true;
  }
};

class Session {
 public:
  Session(RunState& state, const schema::ConnectionSpan& span);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Replays the connection to its end. When the run stops, what was not sent is counted as interrupted.
  [[nodiscard]] Task<void> run();

  // What is under way must end by then.
  void end_by(SteadyTime deadline);

 private:
  struct Request;
  struct Response;
  struct Single;
  struct Slot;
  struct Pipeline;
  enum class Readiness;

  [[nodiscard]] Task<void> replay_all();
  [[nodiscard]] const schema::StoredExchange* peek();
  [[nodiscard]] bool read_ahead();
  [[nodiscard]] Task<void> replay_one(const schema::StoredExchange& exchange);
  [[nodiscard]] Task<Readiness> get_ready(const schema::StoredExchange& exchange, Request& request, Response& response);
  [[nodiscard]] Task<std::int64_t> paired_turn(const schema::StoredExchange& exchange);
  [[nodiscard]] Task<std::int64_t> partner_is_over(schema::RowId exchange);
  [[nodiscard]] bool load_request(const schema::StoredExchange& exchange, Request& request);
  [[nodiscard]] bool load_wanted_events(const schema::StoredExchange& exchange, Request& request);
  [[nodiscard]] bool put_values(Request& request, Response& response);
  [[nodiscard]] std::string whole_body(const Request& request);
  [[nodiscard]] std::optional<Message> shift(const schema::StoredExchange& exchange, std::string_view body,
                                             std::vector<schema::Substitution>& rows);
  void use(Request& request, Message message) const;
  [[nodiscard]] Task<bool> connect(Response& response);
  [[nodiscard]] Task<void> send_and_retry(const Request& request, Response& response);
  [[nodiscard]] bool is_stale(std::int64_t now_ns) const;
  [[nodiscard]] Task<void> attempt(const Request& request, Response& response);
  [[nodiscard]] Task<Io> send_all(const Request& request, Response& response);
  [[nodiscard]] Task<void> receive_all(const Request& request, Response& response);
  [[nodiscard]] std::string_view cut_at_limit(std::string_view bytes, Response& response);
  [[nodiscard]] bool take_received(const Received& received, Response& response, std::string_view& bytes);
  void take_head(Response& response);
  void begin_stream(const Request& request, Response& response);
  static void look_at_events(const Request& request, std::string_view bytes, Response& response);
  static void note_interim(int status, Response& response);
  static void take_body(Response& response, std::string_view bytes);
  [[nodiscard]] Task<void> hand_over_piece(Response& response);
  void settle(const Request& request, const Response& response);
  [[nodiscard]] Task<void> store(const Request& request, Response& response);
  void tell_values(Response& response);
  void replace_secrets(Response& response);
  void count(const Request& request, const Response& response);
  void look_at_status(const schema::StoredExchange& exchange, int status);
  [[nodiscard]] Task<bool> submit(schema::Command& command);
  void set_deadline(SteadyTime deadline);
  [[nodiscard]] std::int64_t ns_at(SteadyTime time) const;  // from the start of the run
  [[nodiscard]] std::int64_t ns_now() const;
  void announce_ready();

  // pipeline.cc
  [[nodiscard]] std::vector<schema::StoredExchange> rest_of_pipeline(const schema::StoredExchange& first);
  [[nodiscard]] Task<void> replay_pipeline(schema::StoredExchange first, std::vector<schema::StoredExchange> rest);
  [[nodiscard]] Task<void> send_pipelined(Pipeline& pipe);
  [[nodiscard]] Task<void> receive_pipelined(Pipeline& pipe);
  [[nodiscard]] Task<void> resend_unanswered(Slot& slot);

  RunState& state_;
  ReplayContext& context_;
  schema::ConnectionSpan span_;
  std::vector<schema::StoredExchange> ahead_;  // those from next_ on have not been replayed
  std::size_t next_ = 0;
  std::int64_t last_seq_ = -1;  // of what was read
  bool all_read_ = false;
  schema::RowId last_replayed_ = 0;  // that is over
  std::unique_ptr<Single> single_;   // what is not part of a pipeline, one after the other
  std::unique_ptr<Stream> stream_;
  http::ResponseParser parser_;
  bool pipelined_ = false;     // what stands after a response belongs to the next one:
  std::string_view leftover_;  // valid until the next receive
  bool reused_ = false;        // the stream has carried an exchange
  bool ready_announced_ = false;
  std::int64_t idle_since_ns_ = 0;
  std::int64_t received_ns_ = 0;  // when the last receive ended
  SteadyTime latest_deadline_ = SteadyTime::max();
  std::uint64_t accounted_ = 0;  // exchanges that the ledger knows of
};

}  // namespace tracerec::replay
