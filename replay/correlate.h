// Finds which values of a recording's requests came from its earlier responses. No sockets, no clock; no files but
// temporary ones, for what a long recording holds.
// docs/replay.md, Values, says what is found and why.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "replay/scratch.h"
#include "schema/rows.h"

namespace tracerec::replay {

// An exchange of the recording as a number: its id less that of the first.
using Ordinal = std::uint32_t;
using LocationId = std::uint32_t;

// A value of a request came from a response.
struct Edge {
  Ordinal producer = 0;
  LocationId produced_at = 0;
  LocationId used_at = 0;
  std::uint32_t text_hash = 0;  // of what was recorded: tells two fields of one name apart
};

// What responses must be asked for: one value, however often it is used.
struct Produced {
  Ordinal producer = 0;
  LocationId location = 0;
  std::uint32_t text_hash = 0;
  std::uint32_t uses = 0;
};

// All edges of a recording. Immutable, but one thread only. In temporary files when they are many: scratch.h. What it
// gives is valid as long as the object.
class Correlation {
 public:
  Correlation() = default;

  [[nodiscard]] std::span<const Edge> edges_of(Ordinal consumer) const { return edges_.of(consumer); }
  [[nodiscard]] std::span<const Produced> produced_by(Ordinal producer) const { return produced_.of(producer); }

  // Produced values have numbers from 0, by producer.
  [[nodiscard]] std::size_t produced_count() const { return produced_.rows(); }
  [[nodiscard]] const Produced& produced(std::size_t number) const { return produced_.row(number); }
  [[nodiscard]] std::size_t first_produced_by(Ordinal producer) const { return produced_.first_of(producer); }
  [[nodiscard]] std::size_t index_of(const Edge& edge) const;

  [[nodiscard]] std::string_view location(LocationId id) const;
  [[nodiscard]] std::size_t edge_count() const { return edges_.rows(); }
  [[nodiscard]] std::size_t exchange_count() const { return edges_.numbers(); }
  [[nodiscard]] Ordinal ordinal_of(schema::RowId id) const { return static_cast<Ordinal>(id - first_id_); }
  [[nodiscard]] schema::RowId id_of(Ordinal ordinal) const { return first_id_ + ordinal; }

 private:
  friend class ValueFinder;
  [[nodiscard]] Result<void> sort_produced();

  schema::RowId first_id_ = 0;
  ScratchRows<Edge> edges_;         // by consumer
  ScratchRows<Produced> produced_;  // by producer
  ScratchRows<char> locations_;     // by id
};

// One exchange as the finder takes it. Contents without transfer and content coding; empty when they are not known.
struct RecordedExchange {
  schema::RowId id = 0;
  std::int64_t started_ns = 0;
  std::int64_t ended_ns = -1;  // of the response; -1: it was not answered
  std::string_view method;
  std::string_view target;
  int status = 0;
  std::string_view request_head;
  std::string_view request_content;
  std::string_view response_head;
  std::string_view response_content;
};

// Two passes: all requests are noted first, so that of the responses only what some request holds is kept. Memory: at
// most 32 MiB for that, 66 MiB for the values that may be used next (the oldest of more than `most_values` are
// forgotten), and 6 MiB for names of locations.
class ValueFinder {
 public:
  // Ids of the recording lie in [first_id, last_id]. Values of `ignored_headers` make no edges: they are set or removed
  // by the user.
  ValueFinder(schema::RowId first_id, schema::RowId last_id, std::vector<std::string> ignored_headers = {},
              std::size_t most_values = std::size_t{1} << 19);
  ~ValueFinder();

  // First pass, any order.
  void note_request(std::string_view method, std::string_view target, std::string_view head, std::string_view content);

  // Second pass, by id. Gives the sessions that the request belongs to: hashes of its Authorization and of its cookies
  // that look like tokens.
  const std::vector<std::uint64_t>& add(const RecordedExchange& exchange);

  // Whether a temporary file could not be written: finish() says why, and more need not be added.
  [[nodiscard]] bool failed() const;

  // Once. Error: of a temporary file.
  [[nodiscard]] Result<Correlation> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// RFC 9110 §9.2.1, the other way round.
[[nodiscard]] bool is_write(std::string_view method);

}  // namespace tracerec::replay
