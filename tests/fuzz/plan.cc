// What a replay finds in a recording before and while it sends it: every exchange waits for earlier ones only and is
// released once, a value comes from a response that had it, the recording played against itself changes nothing, and
// what a target responds cannot add a line to a request.
// Input: exchanges with a zero byte between them. Each: the connection (0…3), milliseconds since the start before
// ('0' + n), milliseconds to its end ('0' + n; '-': not answered), the request, 0x01, the recorded response, and
// possibly 0x02 and what the target responds.
#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

#include "fuzz.h"
#include "http/message.h"
#include "replay/correlate.h"
#include "replay/live_values.h"
#include "replay/order.h"
#include "replay/plan.h"
#include "replay/values.h"

namespace tracerec::fuzz {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::size_t kMostExchanges = 16;
constexpr std::size_t kConnections = 4;

// Head and content; the content is empty when it is coded in a way that cannot be undone.
struct Message {
  std::string_view head, wire;
  std::string buffer, content;

  void read(std::string_view text, bool is_request) {
    const std::size_t end = text.find("\r\n\r\n");
    head = text.substr(0, end == std::string_view::npos ? end : end + 4);
    wire = text.substr(head.size());
    const auto read = replay::content_of(head, wire, is_request, buffer);
    if (read) content = *read;
  }
};

struct Exchange {
  replay::RecordedExchange recorded;
  Message request, response, target;
  std::size_t connection = 0;
  std::size_t seq = 0;
  int releases = 0;
};

std::size_t number(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] > '0' ? static_cast<unsigned char>(text[at] - '0') : 0;
}

void read_line(Exchange& exchange) {
  std::string_view line = exchange.request.head;
  line = line.substr(0, line.find_first_of("\r\n"));
  exchange.recorded.method = take_until(line, ' ');
  exchange.recorded.target = take_until(line, ' ');
  const auto head = http::parse_response_head(exchange.response.head);
  exchange.recorded.status = head ? head->status : 0;
}

class Recorded {
 public:
  explicit Recorded(std::string_view input) {
    while (!input.empty() && exchanges_.size() < kMostExchanges) add(take_until(input, '\0'));
    // Ids are given in the order in which exchanges end.
    std::stable_sort(exchanges_.begin(), exchanges_.end(),
                     [](const Exchange& a, const Exchange& b) { return end_of(a) < end_of(b); });
    for (std::size_t i = 0; i < exchanges_.size(); ++i) number_one(exchanges_[i], i);
  }

  [[nodiscard]] std::deque<Exchange>& all() { return exchanges_; }

 private:
  [[nodiscard]] static std::int64_t end_of(const Exchange& one) {
    return std::max(one.recorded.started_ns, one.recorded.ended_ns);
  }

  void add(std::string_view text) {
    Exchange& one = exchanges_.emplace_back();
    one.connection = number(text, 0) % kConnections;
    clock_ns_ += static_cast<std::int64_t>(number(text, 1)) * kMs;
    std::int64_t& busy_ns = busy_until_ns_[one.connection];
    one.recorded.started_ns = std::max(clock_ns_, busy_ns);
    const bool answered = text.size() > 2 && text[2] != '-';
    one.recorded.ended_ns = answered ? one.recorded.started_ns + static_cast<std::int64_t>(number(text, 2)) * kMs : -1;
    busy_ns = end_of(one) + 1;
    one.seq = next_seq_[one.connection]++;
    read(one, text.substr(std::min<std::size_t>(3, text.size())), answered);
  }

  static void read(Exchange& one, std::string_view text, bool answered) {
    one.request.read(take_until(text, '\x01'), true);
    const std::string_view response = take_until(text, '\x02');
    if (answered) one.response.read(response, false);
    one.target.read(text.empty() ? response : text, false);
    read_line(one);
  }

  static void number_one(Exchange& one, std::size_t ordinal) {
    one.recorded.id = static_cast<schema::RowId>(ordinal) + 1;
    one.recorded.request_head = one.request.head;
    one.recorded.request_content = one.request.content;
    one.recorded.response_head = one.response.head;
    one.recorded.response_content = one.response.content;
  }

  std::deque<Exchange> exchanges_;
  std::int64_t clock_ns_ = 1'000 * kMs;
  std::array<std::int64_t, kConnections> busy_until_ns_{};
  std::array<std::size_t, kConnections> next_seq_{};
};

struct Found {
  replay::Correlation correlation;
  replay::OrderPlan order;
};

Found find(std::deque<Exchange>& exchanges, replay::OrderMode mode) {
  constexpr std::size_t kMostValues = 256;  // so few that some are forgotten
  replay::ValueFinder finder(1, static_cast<schema::RowId>(exchanges.size()), {}, kMostValues);
  replay::OrderPlanner planner(mode, exchanges.size());
  for (const Exchange& one : exchanges) {
    const replay::RecordedExchange& r = one.recorded;
    finder.note_request(r.method, r.target, r.request_head, r.request_content);
  }
  for (std::size_t i = 0; i < exchanges.size(); ++i)
    planner.add(static_cast<replay::Ordinal>(i), exchanges[i].recorded, finder.add(exchanges[i].recorded));
  auto correlation = finder.finish();
  auto order = planner.finish();
  FUZZ_CHECK(correlation.has_value() && order.has_value());
  return {std::move(*correlation), std::move(*order)};
}

// Whether a response has this value at this location.
class Looked final : public replay::ValueSink {
 public:
  Looked(std::string_view location, std::uint32_t hash) : location_(location), hash_(hash) {}
  void on_value(const replay::Value& value) override {
    found =
        found || (static_cast<std::uint32_t>(replay::hash_of(value.text)) == hash_ && value.location() == location_);
  }
  bool found = false;

 private:
  std::string_view location_;
  std::uint32_t hash_;
};

void check_edges(const std::deque<Exchange>& exchanges, const replay::Correlation& correlation) {
  for (std::size_t i = 0; i < exchanges.size(); ++i) {
    for (const replay::Edge& edge : correlation.edges_of(static_cast<replay::Ordinal>(i))) {
      FUZZ_CHECK(edge.producer < exchanges.size());
      const replay::RecordedExchange& from = exchanges[edge.producer].recorded;
      FUZZ_CHECK(from.ended_ns >= 0 && from.started_ns < exchanges[i].recorded.started_ns);
      Looked looked(correlation.location(edge.produced_at), edge.text_hash);
      replay::for_each_response_value(from.response_head, from.response_content, looked);
      FUZZ_CHECK(looked.found);
      FUZZ_CHECK(correlation.index_of(edge) < correlation.produced_count());
    }
  }
}

// Plays all connections, each exchange after the one before on its connection, against what `side` responds.
class Playing {
 public:
  Playing(std::deque<Exchange>& exchanges, const Found& found, Message Exchange::*side)
      : exchanges_(exchanges),
        correlation_(found.correlation),
        order_(found.order, found.correlation),
        values_(found.correlation),
        side_(side) {
    for (std::size_t i = 0; i < exchanges.size(); ++i) exchanges_[i].releases = 0;
  }

  void run() {
    for (std::size_t connection = 0; connection < kConnections; ++connection) wait_for_next(connection, 0);
    while (!released_.empty()) {
      const std::size_t at = released_.front();
      released_.pop_front();
      send(at);
      wait_for_next(exchanges_[at].connection, exchanges_[at].seq + 1);
    }
    FUZZ_CHECK(order_.waiting() == 0);
    for (const Exchange& one : exchanges_) FUZZ_CHECK(one.releases == 1);
  }

 private:
  void wait_for_next(std::size_t connection, std::size_t seq) {
    for (std::size_t i = 0; i < exchanges_.size(); ++i) {
      if (exchanges_[i].connection != connection || exchanges_[i].seq != seq) continue;
      order_.wait(static_cast<replay::Ordinal>(i), [this, i] { released_.push_back(i); });
      return;
    }
  }

  void send(std::size_t at) {
    const auto ordinal = static_cast<replay::Ordinal>(at);
    Exchange& one = exchanges_[at];
    ++one.releases;
    FUZZ_CHECK(order_.is_ready(ordinal));
    const auto filled = values_.fill(ordinal, one.request.head, one.request.content);
    check_request(one, filled);
    const Message& response = one.*side_;
    if (values_.produces(ordinal)) values_.learn(ordinal, response.head, response.content);
    values_.learn_cookies(ordinal, response.head);
    order_.done(ordinal);
  }

  void check_request(const Exchange& one, const replay::LiveValues::Filled& filled) const {
    const bool is_recorded = side_ == &Exchange::response && !uses_cookie(one);
    FUZZ_CHECK(!is_recorded || (filled.all() && filled.replacements.empty()));
    const auto message =
        replay::with_replacements(one.request.head, one.request.wire, one.request.content, filled.replacements);
    if (!message || filled.replacements.empty()) return;
    const auto lines = [](std::string_view text) { return std::count(text.begin(), text.end(), '\n'); };
    const auto returns = [](std::string_view text) { return std::count(text.begin(), text.end(), '\r'); };
    FUZZ_CHECK(lines(message->head) == lines(one.request.head));
    FUZZ_CHECK(returns(message->head) == returns(one.request.head));
  }

  // Of several cookies of one name the last counts, whichever the recorded client had used.
  [[nodiscard]] bool uses_cookie(const Exchange& one) const {
    const auto edges = correlation_.edges_of(correlation_.ordinal_of(one.recorded.id));
    return std::any_of(edges.begin(), edges.end(), [&](const replay::Edge& edge) {
      return correlation_.location(edge.produced_at).starts_with("cookie ");
    });
  }

  std::deque<Exchange>& exchanges_;
  const replay::Correlation& correlation_;
  replay::Order order_;
  replay::LiveValues values_;
  Message Exchange::*side_;
  std::deque<std::size_t> released_;
};

}  // namespace

void fuzz_one(std::string_view input) {
  Recorded recorded(input);
  if (recorded.all().empty()) return;
  for (const replay::OrderMode mode : {replay::OrderMode::kAuto, replay::OrderMode::kStrict}) {
    const Found found = find(recorded.all(), mode);
    check_edges(recorded.all(), found.correlation);
    Playing(recorded.all(), found, &Exchange::response).run();
    Playing(recorded.all(), found, &Exchange::target).run();
  }
}

}  // namespace tracerec::fuzz
