#include "replay/exchange_source.h"

#include <algorithm>
#include <map>
#include <utility>

// Tests: tests/replay/recheck_test.cc.

namespace tracerec::replay {
namespace {

class WholeRecording final : public ExchangeSource {
 public:
  WholeRecording(schema::Reader& reader, schema::RowId recording_id) : reader_(reader), recording_id_(recording_id) {}

  Result<void> for_each_connection(const schema::Visitor<schema::ConnectionSpan>& visit) override {
    return reader_.for_each_connection(recording_id_, visit);
  }

  Result<std::vector<schema::StoredExchange>> next_requests(schema::RowId connection_id, std::int64_t after_seq,
                                                            std::size_t limit) override {
    return reader_.next_requests(recording_id_, connection_id, after_seq, limit);
  }

 private:
  schema::Reader& reader_;
  schema::RowId recording_id_;
};

class ChosenExchanges final : public ExchangeSource {
 public:
  explicit ChosenExchanges(schema::Reader& reader) : reader_(reader) {}

  void add(const schema::StoredExchange& exchange) {
    Connection& connection = connections_[exchange.connection_id];
    const bool first = connection.exchanges.empty();
    schema::ConnectionSpan& span = connection.span;
    span.connection_id = exchange.connection_id;
    const std::int64_t started = exchange.started_unix_ns;
    span.first_started_unix_ns = first ? started : std::min(span.first_started_unix_ns, started);
    span.last_started_unix_ns = std::max(span.last_started_unix_ns, started);
    span.ended_unix_ns = span.last_started_unix_ns;
    ++span.exchanges;
    connection.exchanges[exchange.seq] = exchange.id;
  }

  Result<void> for_each_connection(const schema::Visitor<schema::ConnectionSpan>& visit) override {
    std::vector<schema::ConnectionSpan> spans;
    for (const auto& [id, connection] : connections_) spans.push_back(connection.span);
    std::stable_sort(spans.begin(), spans.end(),
                     [](const auto& a, const auto& b) { return a.first_started_unix_ns < b.first_started_unix_ns; });
    for (const schema::ConnectionSpan& span : spans) {
      if (!visit(span)) break;
    }
    return {};
  }

  Result<std::vector<schema::StoredExchange>> next_requests(schema::RowId connection_id, std::int64_t after_seq,
                                                            std::size_t limit) override {
    const auto& chosen = connections_[connection_id].exchanges;
    std::vector<schema::StoredExchange> exchanges;
    for (auto at = chosen.upper_bound(after_seq); at != chosen.end() && exchanges.size() < limit; ++at) {
      auto exchange = reader_.exchange(at->second);
      if (!exchange) return exchange.error();
      if (*exchange) exchanges.push_back(std::move(**exchange));
    }
    return exchanges;
  }

 private:
  struct Connection {
    schema::ConnectionSpan span;
    std::map<std::int64_t, schema::RowId> exchanges;  // by seq
  };

  schema::Reader& reader_;
  std::map<schema::RowId, Connection> connections_;
};

}  // namespace

std::unique_ptr<ExchangeSource> whole_recording(schema::Reader& reader, schema::RowId recording_id) {
  return std::make_unique<WholeRecording>(reader, recording_id);
}

Result<std::unique_ptr<ExchangeSource>> chosen_exchanges(schema::Reader& reader,
                                                         const std::vector<schema::RowId>& ids) {
  auto source = std::make_unique<ChosenExchanges>(reader);
  for (const schema::RowId id : ids) {
    const auto exchange = reader.exchange(id);
    if (!exchange) return exchange.error();
    if (*exchange) source->add(**exchange);
  }
  return std::unique_ptr<ExchangeSource>(std::move(source));
}

}  // namespace tracerec::replay
