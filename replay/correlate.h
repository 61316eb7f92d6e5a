// Finds which values of a recording's requests came from its earlier responses. Pure: no files, no sockets, no clock.
// docs/replay.md, Values, says what is found and why.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

// All edges of a recording. Immutable. 16 bytes for an edge and for a produced value, 4 for an exchange.
class Correlation {
 public:
  Correlation() = default;
  Correlation(schema::RowId first_id, std::vector<std::uint32_t> edge_begin, std::vector<Edge> edges,
              std::vector<std::string> locations);

  [[nodiscard]] std::span<const Edge> edges_of(Ordinal consumer) const;
  [[nodiscard]] std::span<const Produced> produced_by(Ordinal producer) const;
  [[nodiscard]] const std::vector<Produced>& produced() const { return produced_; }
  // Its location in produced().
  [[nodiscard]] std::size_t index_of(const Edge& edge) const;
  [[nodiscard]] const std::string& location(LocationId id) const { return locations_[id]; }
  [[nodiscard]] std::size_t edge_count() const { return edges_.size(); }
  [[nodiscard]] std::size_t exchange_count() const { return edge_begin_.empty() ? 0 : edge_begin_.size() - 1; }
  [[nodiscard]] Ordinal ordinal_of(schema::RowId id) const { return static_cast<Ordinal>(id - first_id_); }
  [[nodiscard]] schema::RowId id_of(Ordinal ordinal) const { return first_id_ + ordinal; }

 private:
  schema::RowId first_id_ = 0;
  std::vector<std::uint32_t> edge_begin_;  // by consumer, and one more
  std::vector<Edge> edges_;
  std::vector<Produced> produced_;  // by producer
  std::vector<std::string> locations_;
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
// most 32 MiB for that, 40 MiB for the values that may be used next (the oldest of more than 500,000 are forgotten),
// 16 bytes for an edge and for an exchange.
class ValueFinder {
 public:
  // Ids of the recording lie in [first_id, last_id]. Values of `ignored_headers` make no edges: they are set or removed
  // by the user.
  ValueFinder(schema::RowId first_id, schema::RowId last_id, std::vector<std::string> ignored_headers = {});
  ~ValueFinder();

  // First pass, any order.
  void note_request(std::string_view method, std::string_view target, std::string_view head, std::string_view content);

  // Second pass, by id. Gives the sessions that the request belongs to: hashes of its Authorization and of its cookies
  // that look like tokens.
  const std::vector<std::uint64_t>& add(const RecordedExchange& exchange);

  [[nodiscard]] Correlation finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// RFC 9110 §9.2.1, the other way round.
[[nodiscard]] bool is_write(std::string_view method);

}  // namespace tracerec::replay
