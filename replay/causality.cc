#include "replay/causality.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "replay/values.h"

// Tests: tests/replay/causality_test.cc, tests/e2e/replay_stateful_test.cc.

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;

// A body's content, or nothing when it is too long, not whole, or cannot be decoded: then it has no values.
class Contents {
 public:
  explicit Contents(schema::Reader& reader) : reader_(reader) {}

  // Valid until the next call, and as long as the object and `body`: not on a temporary.
  Result<std::string_view> load(std::string_view head, const schema::StoredBody& body, bool is_request) & {
    if (body.wire_bytes == 0 || !body.whole() || body.wire_bytes > kMaxContentBytes) return std::string_view{};
    if (body.body_id != 0) {
      auto wire = reader_.load_body(body, kMaxContentBytes);
      if (!wire) return wire.error();
      wire_ = std::move(*wire);
    }
    const auto content =
        content_of(head, body.body_id != 0 ? std::string_view(wire_) : body.bytes, is_request, decoded_);
    return content ? *content : std::string_view{};
  }
  void load(std::string_view head, const schema::StoredBody& body, bool is_request) && = delete;
  void load(std::string_view head, schema::StoredBody&& body, bool is_request) & = delete;

 private:
  schema::Reader& reader_;
  std::string wire_, decoded_;
};

bool is_cookie_location(std::string_view location) {
  return location.starts_with("cookie ");
}

bool is_outgoing(const schema::StoredExchange& exchange) {
  return schema::has_note(exchange.notes, "outgoing");
}

Result<void> note_requests(schema::Reader& reader, schema::RowId recording_id, ValueFinder& finder) {
  Contents contents(reader);
  Result<void> failed;
  const auto done = reader.for_each_request(recording_id, [&](const schema::StoredExchange& exchange) {
    if (is_outgoing(exchange)) return true;
    const auto content = contents.load(exchange.request_head, exchange.request_body, true);
    if (!content) {
      failed = content.error();
      return false;
    }
    finder.note_request(exchange.method, exchange.target, exchange.request_head, *content);
    return true;
  });
  return done ? failed : done;
}

RecordedExchange recorded(const schema::StoredExchange& exchange, std::string_view request, std::string_view response) {
  RecordedExchange out;
  out.id = exchange.id;
  out.started_ns = exchange.started_unix_ns;
  out.ended_ns = exchange.duration_ns < 0 ? -1 : exchange.started_unix_ns + exchange.duration_ns;
  out.method = exchange.method;
  out.target = exchange.target;
  out.status = exchange.status;
  out.request_head = exchange.request_head;
  out.request_content = request;
  out.response_head = exchange.response_head;
  out.response_content = response;
  return out;
}

Result<void> add_exchanges(schema::Reader& reader, schema::RowId recording_id, ValueFinder& finder,
                           OrderPlanner& planner, schema::RowId first_id) {
  Contents requests(reader);
  Contents responses(reader);
  Result<void> failed;
  const auto done = reader.for_each_exchange(recording_id, [&](const schema::StoredExchange& exchange) {
    if (is_outgoing(exchange)) return true;
    const auto request = requests.load(exchange.request_head, exchange.request_body, true);
    const auto response = responses.load(exchange.response_head, exchange.response_body, false);
    if (!request || !response) {
      failed = request ? response.error() : request.error();
      return false;
    }
    const RecordedExchange one = recorded(exchange, *request, *response);
    planner.add(static_cast<Ordinal>(exchange.id - first_id), one, finder.add(one));
    return !finder.failed() && !planner.failed();
  });
  return done ? failed : done;
}

}  // namespace

Result<std::unique_ptr<const Causes>> find_causes(schema::Reader& reader, schema::RowId recording_id,
                                                  const ReplayOptions& options) {
  if (!options.correlate && options.order == OrderMode::kConnection) return std::unique_ptr<const Causes>();
  const auto range = reader.exchange_ids(recording_id);
  if (!range) return range.error();
  auto causes = std::make_unique<Causes>();
  causes->correlate = options.correlate;
  causes->first_id = range->first;
  causes->exchanges = static_cast<std::uint64_t>(range->second - range->first) + 1;
  ValueFinder finder(range->first, range->second, overridden_headers(options));
  OrderPlanner planner(options.order, causes->exchanges);
  const auto noted = note_requests(reader, recording_id, finder);
  if (!noted) return noted.error();
  const auto added = add_exchanges(reader, recording_id, finder, planner, range->first);
  if (!added) return added.error();
  auto correlation = finder.finish();
  if (!correlation) return correlation.error();
  causes->correlation = std::move(*correlation);
  auto order = planner.finish();
  if (!order) return order.error();
  causes->order = std::move(*order);
  return std::unique_ptr<const Causes>(std::move(causes));
}

bool is_carried(const Correlation& correlation, schema::RowId exchange, std::string_view location) {
  const auto edges = correlation.edges_of(correlation.ordinal_of(exchange));
  return std::any_of(edges.begin(), edges.end(),
                     [&](const Edge& edge) { return correlation.location(edge.used_at) == location; });
}

Causality::Causality(const Causes* causes, schema::RowId run_id) : causes_(causes), run_id_(run_id) {
  if (causes == nullptr) return;
  order_ = std::make_unique<Order>(causes->order, causes->correlation);
  if (causes->correlate) values_ = std::make_unique<LiveValues>(causes->correlation);
}

bool Causality::is_ready(schema::RowId exchange) const {
  return !order_ || stopped_ || order_->is_ready(causes_->ordinal_of(exchange));
}

Result<void> Causality::seed(schema::Reader& reader, schema::RowId run_id, const std::vector<schema::RowId>& consumers,
                             const ResponseSecrets* secrets) {
  order_.reset();
  if (!values_) return {};
  values_->read_with(secrets);
  std::set<Ordinal> producers;
  std::unordered_set<std::size_t> needed;
  for (const schema::RowId id : consumers) {
    for (const Edge& edge : causes_->correlation.edges_of(causes_->ordinal_of(id))) {
      producers.insert(edge.producer);
      needed.insert(causes_->correlation.index_of(edge));
    }
  }
  for (const Ordinal producer : producers) {
    const Result<void> learned = learn_response(reader, run_id, producer);
    if (!learned) return learned;
  }
  return learn_newer_cookies(reader, run_id, needed);
}

Result<void> Causality::learn_response(schema::Reader& reader, schema::RowId run_id, Ordinal producer) {
  const auto response = reader.response(run_id, causes_->correlation.id_of(producer));
  if (!response) return response.error();
  if (!*response || !(*response)->failure.empty()) return {};
  Contents contents(reader);
  const auto content = contents.load((*response)->response_head, (*response)->response_body, false);
  if (!content) return content.error();
  values_->learn(producer, (*response)->response_head, *content);
  return {};
}

// Cookies that the target replaced during the run: by the responses to the requests that carried them.
Result<void> Causality::learn_newer_cookies(schema::Reader& reader, schema::RowId run_id,
                                            const std::unordered_set<std::size_t>& needed) {
  const Correlation& correlation = causes_->correlation;
  for (Ordinal exchange = 0; exchange < correlation.exchange_count(); ++exchange) {
    const auto edges = correlation.edges_of(exchange);
    const bool carries = std::any_of(edges.begin(), edges.end(), [&](const Edge& edge) {
      return needed.contains(correlation.index_of(edge)) && is_cookie_location(correlation.location(edge.used_at));
    });
    if (!carries) continue;
    const auto response = reader.response(run_id, correlation.id_of(exchange));
    if (!response) return response.error();
    if (*response && (*response)->failure.empty()) values_->learn_cookies(exchange, (*response)->response_head);
  }
  return {};
}

Task<void> Causality::wait(asio::any_io_executor executor, schema::RowId exchange) {
  if (is_ready(exchange)) co_return;
  ++waits_;
  const Ordinal ordinal = causes_->ordinal_of(exchange);
  asio::steady_timer timer(executor, SteadyTime::max());
  order_->wait(ordinal, [&timer] { timer.cancel(); });
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

void Causality::sending(schema::RowId exchange) {
  if (order_ && !order_->is_ready(causes_->ordinal_of(exchange))) ++violations_;
}

bool Causality::has_edges(schema::RowId exchange) const {
  return values_ && !causes_->correlation.edges_of(causes_->ordinal_of(exchange)).empty();
}

bool Causality::is_carried(schema::RowId exchange, std::string_view location) const {
  return values_ && replay::is_carried(causes_->correlation, exchange, location);
}

bool Causality::produces(schema::RowId exchange) const {
  return values_ && values_->produces(causes_->ordinal_of(exchange));
}

Causality::Request Causality::prepare(const schema::StoredExchange& exchange, std::string_view wire_body) {
  const Ordinal ordinal = causes_->ordinal_of(exchange.id);
  const Correlation& correlation = causes_->correlation;
  std::string buffer;
  const auto decoded = content_of(exchange.request_head, wire_body, true, buffer);
  const std::string_view content = decoded ? *decoded : std::string_view{};
  LiveValues::Filled filled = values_->fill(ordinal, exchange.request_head, content);
  Request request;
  request.resolved = filled.all();
  request.substitutions = {run_id_, exchange.id, {}};
  const auto edges = correlation.edges_of(ordinal);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    request.substitutions.rows.push_back({std::string(correlation.location(edges[i].used_at)),
                                          correlation.id_of(edges[i].producer),
                                          std::string(correlation.location(edges[i].produced_at)), filled.resolved[i]});
  }
  if (!request.resolved || filled.replacements.empty()) return request;
  replaced_ += filled.replacements.size();
  auto message = with_replacements(exchange.request_head, wire_body, content, std::move(filled.replacements));
  request.resolved = message.has_value();
  request.changed = request.resolved;
  if (message) request.message = std::move(*message);
  return request;
}

void Causality::done(schema::RowId exchange, std::string_view head, std::string_view wire_body) {
  if (causes_ == nullptr) return;
  const Ordinal ordinal = causes_->ordinal_of(exchange);
  if (values_ && !head.empty()) {
    if (values_->produces(ordinal)) {
      std::string buffer;
      const auto content = content_of(head, wire_body, false, buffer);
      values_->learn(ordinal, head, content ? *content : std::string_view{});
    }
    values_->learn_cookies(ordinal, head);
  }
  if (order_) order_->done(ordinal);
}

void Causality::skipped(schema::RowId exchange) {
  if (values_) values_->skip(causes_->ordinal_of(exchange));
  if (order_) order_->done(causes_->ordinal_of(exchange));
}

void Causality::stop() {
  stopped_ = true;
  if (order_) order_->stop();
}

}  // namespace tracerec::replay
