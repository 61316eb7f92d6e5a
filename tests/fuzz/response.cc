// What a target sends, through a replay: every request ends with one response or one failure, however the bytes are
// split; nothing is longer than --max-response; what is stored as a response reads as one; and the ledger balances.
// Input: four characters that choose the sizes of the pieces; '1' to '8' for the limit (times 64 bytes); letters, up to
// a space, for the requests (G, H, P: methods; a capital one waits for the response before, another is pipelined); then
// what comes on each connection, with zero bytes between. Further connections are closed at once.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <string>
#include <variant>
#include <vector>

#include "fuzz.h"
#include "http/message.h"
#include "replay/pacer.h"
#include "replay/player.h"
#include "sample_trace.h"
#include "schema/reader.h"

namespace tracerec::fuzz {
namespace {

constexpr std::size_t kMostRequests = 8;

struct Input {
  std::string sizes = "0000";
  std::uint64_t limit_bytes = 64;
  std::string requests;
  std::vector<std::string> connections;
};

Input read_input(std::string_view input) {
  Input read;
  read.sizes = input.substr(0, 4);
  read.limit_bytes = 64U * std::clamp(input[4] - '0', 1, 8);
  input.remove_prefix(5);
  read.requests = take_until(input, ' ').substr(0, kMostRequests);
  while (!input.empty()) read.connections.emplace_back(take_until(input, '\0'));
  return read;
}

// Sends the bytes of one connection, whatever is asked, and closes.
class Peer final : public replay::Stream {
 public:
  Peer(std::string bytes, std::string_view sizes) : bytes_(std::move(bytes)), sizes_(sizes) {}

  replay::Task<replay::ConnectFailure> connect() override { co_return replay::ConnectFailure{}; }
  replay::Task<replay::Io> send(std::string_view, std::string_view) override { co_return replay::Io::kDone; }
  replay::Task<replay::Received> receive() override {
    if (at_ == bytes_.size()) co_return replay::Received{replay::Io::kClosed, {}};
    const std::size_t size = static_cast<unsigned char>(sizes_[pieces_++ % sizes_.size()]) % 64U * 4 + 1;
    piece_ = bytes_.substr(at_, size);  // what was received before is gone
    at_ += piece_.size();
    co_return replay::Received{replay::Io::kDone, piece_};
  }
  void set_deadline(replay::SteadyTime) override {}
  [[nodiscard]] bool is_stale() override { return at_ == bytes_.size(); }

 private:
  std::string bytes_, piece_;
  std::string_view sizes_;
  std::size_t at_ = 0, pieces_ = 0;
};

class Peers final : public replay::Transport {
 public:
  explicit Peers(const Input& input) : input_(input) {}
  [[nodiscard]] std::unique_ptr<replay::Stream> make_stream() override {
    const std::size_t at = next_++;
    return std::make_unique<Peer>(at < input_.connections.size() ? input_.connections[at] : "", input_.sizes);
  }

 private:
  const Input& input_;
  std::size_t next_ = 0;
};

// All on one connection; those that were pipelined came at the same time as the one before.
class Requests final : public replay::ExchangeSource {
 public:
  explicit Requests(std::string_view letters) {
    std::int64_t started_ns = kSampleStart;
    for (const char letter : letters) {
      schema::StoredExchange& one = exchanges_.emplace_back();
      const bool pipelined = letter >= 'a' && exchanges_.size() > 1;
      started_ns += pipelined ? 0 : 10'000'000;
      one.id = static_cast<schema::RowId>(exchanges_.size());
      one.connection_id = 1;
      one.seq = one.id - 1;
      one.started_unix_ns = started_ns;
      one.ttfb_ns = one.duration_ns = 1'000'000;
      one.complete = true;
      one.status = 200;
      one.method = letter == 'H' || letter == 'h' ? "HEAD" : letter == 'P' || letter == 'p' ? "POST" : "GET";
      one.target = "/";
      one.request_head = one.method + " / HTTP/1.1\r\nHost: a\r\n\r\n";
    }
  }

  Result<void> for_each_connection(const schema::Visitor<schema::ConnectionSpan>& visit) override {
    visit({1, exchanges_.front().started_unix_ns, exchanges_.back().started_unix_ns, exchanges_.back().started_unix_ns,
           exchanges_.size()});
    return {};
  }
  Result<std::vector<schema::StoredExchange>> next_requests(schema::RowId, std::int64_t after_seq,
                                                            std::size_t limit) override {
    std::vector<schema::StoredExchange> next;
    for (const schema::StoredExchange& one : exchanges_) {
      if (one.seq > after_seq && next.size() < limit) next.push_back(one);
    }
    return next;
  }
  [[nodiscard]] std::size_t count() const { return exchanges_.size(); }

 private:
  std::vector<schema::StoredExchange> exchanges_;
};

// Keeps the responses; no body here is long enough to come in parts.
class Responses final : public schema::Store {
 public:
  bool submit(schema::Command&& command) override {
    FUZZ_CHECK(std::holds_alternative<schema::Response>(command));
    all.push_back(std::get<schema::Response>(command));
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] std::string error() const override { return {}; }

  std::vector<schema::Response> all;
};

void check_response(const schema::Response& row, std::uint64_t limit_bytes) {
  FUZZ_CHECK(row.response_body.wire_bytes == row.response_body.bytes.size());
  FUZZ_CHECK(row.response_head.size() + row.response_body.bytes.size() <= limit_bytes);
  if (!row.failure.empty()) return;
  const auto head = http::parse_response_head(row.response_head);
  FUZZ_CHECK(head.has_value() && head->status == row.status);
  FUZZ_CHECK(row.status / 100 != 1 || row.status == 101);
  FUZZ_CHECK(row.duration_ns >= 0 && row.ttfb_ns >= 0 && row.ttfb_ns <= row.duration_ns);
}

std::vector<schema::Response> play(const Input& input, schema::Reader& reader) {
  boost::asio::io_context io;
  replay::ReplayOptions options;
  options.pace = replay::Pace::kMax;
  options.max_response_bytes = input.limit_bytes;
  Requests requests(input.requests);
  Responses responses;
  replay::ShapeBuilder shape;
  (void)requests.for_each_connection([&](const schema::ConnectionSpan& span) {
    shape.add(span);
    return true;
  });
  const replay::SteadyTime start = replay::steady_now();
  const auto pacer = replay::make_pacer(io, options, shape.shape(), start);
  const SystemClock clock;
  replay::ReplayContext context{options, reader, requests, responses, *pacer, io, clock};
  context.start = start;
  Peers peers(input);
  replay::Causality causality(nullptr, 1);
  replay::Player::RunStates states;
  states.push_back(std::make_unique<replay::RunState>(
      replay::RunState{context, replay::make_rewrite(options.target, {}, {}), peers, causality, 1}));
  states.front()->ledger.plan(requests.count());
  const replay::ReplayControl control;
  FUZZ_CHECK(replay::Player(io, context, states, shape.shape(), control).run().has_value());
  FUZZ_CHECK(states.front()->ledger.check().has_value());
  FUZZ_CHECK(states.front()->ledger.sent() == responses.all.size());
  return responses.all;
}

// Each exchange has one row.
void check_rows(const std::vector<schema::Response>& rows, const Input& input) {
  FUZZ_CHECK(rows.size() == input.requests.size());
  std::vector<schema::RowId> ids;
  for (const schema::Response& row : rows) {
    ids.push_back(row.exchange_id);
    check_response(row, input.limit_bytes);
  }
  std::sort(ids.begin(), ids.end());
  FUZZ_CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}

// What one request brings does not depend on how its response was cut. (Of several it does: bytes that nobody asked for
// are seen when they come with the end of a response.)
void check_split(const schema::Response& first, const Input& input, schema::Reader& reader) {
  Input other = input;
  other.sizes = std::string(1, '\x3f');  // the longest
  const schema::Response again = play(other, reader).front();
  const auto is = [&](std::string_view failure) { return first.failure == failure || again.failure == failure; };
  if (is("surplus_bytes") || (is("too_long") && is("bad_response"))) return;  // which of the two is seen first
  FUZZ_CHECK(first.failure == again.failure && first.status == again.status && first.interim == again.interim);
  if (!first.failure.empty()) return;
  FUZZ_CHECK(first.response_head == again.response_head);
  FUZZ_CHECK(first.response_body.bytes == again.response_body.bytes);
}

}  // namespace

void fuzz_one(std::string_view input) {
  static const MemoryFolder folder;
  static const auto reader = [] {  // nobody asks it: all bodies are in their rows
    SampleTrace made(folder.file("t.db"));
    return std::move(schema::Reader::open(folder.file("t.db")).value());
  }();
  if (input.size() < 7) return;
  const Input read = read_input(input);
  if (read.requests.empty()) return;
  const std::vector<schema::Response> rows = play(read, *reader);
  check_rows(rows, read);
  if (rows.size() == 1) check_split(rows.front(), read, *reader);
}

}  // namespace tracerec::fuzz
