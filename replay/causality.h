// What a replay knows of causes: which responses a request waits for, and which values it takes from them. Joins
// correlate.h, order.h and live_values.h to the sessions.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "replay/correlate.h"
#include "replay/live_values.h"
#include "replay/options.h"
#include "replay/order.h"
#include "replay/transport.h"
#include "schema/reader.h"

namespace tracerec::replay {

// What was found in a recording, before anything is sent. Immutable.
struct Causes {
  bool correlate = false;  // values are replaced
  Correlation correlation;
  OrderPlan order;
  schema::RowId first_id = 0;
  std::uint64_t exchanges = 0;  // ids from first_id

  [[nodiscard]] Ordinal ordinal_of(schema::RowId id) const { return static_cast<Ordinal>(id - first_id); }
};

// Passes over the recording twice (once over the requests alone), or not at all when nothing of it is asked for: then
// nullptr. Error: the trace file cannot be read.
[[nodiscard]] Result<std::unique_ptr<const Causes>> find_causes(schema::Reader& reader, schema::RowId recording_id,
                                                                const ReplayOptions& options);

// Whether the value at that location of a request comes from a response.
[[nodiscard]] bool is_carried(const Correlation& correlation, schema::RowId exchange, std::string_view location);

// The state of one run. All on the thread of the io_context.
class Causality {
 public:
  // `causes` may be nullptr: then nothing waits and nothing is replaced. It must outlive the object.
  Causality(const Causes* causes, schema::RowId run_id);

  // For exchanges that are sent again after a run: nothing waits for anything, and the values that these `consumers`
  // need are those in the responses of that run. `secrets` knows what its pseudonyms stand for; nullptr: there are
  // none. Error: the trace file cannot be read.
  [[nodiscard]] Result<void> seed(schema::Reader& reader, schema::RowId run_id,
                                  const std::vector<schema::RowId>& consumers,
                                  const ResponseSecrets* secrets = nullptr);

  // Whether the exchange may be sent now.
  [[nodiscard]] bool is_ready(schema::RowId exchange) const;

  // Waits until it may.
  [[nodiscard]] Task<void> wait(boost::asio::any_io_executor executor, schema::RowId exchange);

  // It is about to be sent; counts a violation when something that it depends on is not done.
  void sending(schema::RowId exchange);

  [[nodiscard]] bool has_edges(schema::RowId exchange) const;

  // As above; false when nothing is carried.
  [[nodiscard]] bool is_carried(schema::RowId exchange, std::string_view location) const;

  struct Request {
    Message message;
    bool changed = false;
    bool resolved = true;                 // false: it must not be sent
    schema::Substitutions substitutions;  // for the trace
  };

  // The request with the target's values. `wire_body` whole.
  [[nodiscard]] Request prepare(const schema::StoredExchange& exchange, std::string_view wire_body);

  // Whether the response is wanted, whole, by done().
  [[nodiscard]] bool produces(schema::RowId exchange) const;

  // The exchange is over. `head` is empty when there was no response.
  void done(schema::RowId exchange, std::string_view head, std::string_view wire_body);

  // It was never sent, and no request was prepared for it.
  void skipped(schema::RowId exchange);

  void stop();
  void break_deadlock() {
    if (order_) order_->release_one();
  }

  // Whether anything is looked for at all.
  [[nodiscard]] bool is_known() const { return causes_ != nullptr; }

  // Sessions that wait now. They hold no place among the connections that may be open at once.
  [[nodiscard]] std::size_t waiting() const { return order_ ? order_->waiting() : 0; }
  [[nodiscard]] std::uint64_t waits() const { return waits_; }
  [[nodiscard]] std::uint64_t violations() const { return violations_; }
  [[nodiscard]] std::uint64_t replaced() const { return replaced_; }

 private:
  const Causes* causes_;
  schema::RowId run_id_;
  std::unique_ptr<Order> order_;
  std::unique_ptr<LiveValues> values_;
  std::uint64_t waits_ = 0;
  std::uint64_t violations_ = 0;
  std::uint64_t replaced_ = 0;
  bool stopped_ = false;

  [[nodiscard]] Result<void> learn_response(schema::Reader& reader, schema::RowId run_id, Ordinal producer);
  [[nodiscard]] Result<void> learn_newer_cookies(schema::Reader& reader, schema::RowId run_id,
                                                 const std::unordered_set<std::size_t>& needed);
};

// A response longer than this is not kept for its values.
constexpr std::size_t kMaxProducerBytes = kMaxContentBytes;

}  // namespace tracerec::replay
