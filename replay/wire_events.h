// How much has been received of a response without an end: a stream of events.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "body/event_stream.h"
#include "http/chunk_walker.h"
#include "schema/reader.h"

namespace tracerec::replay {

// Counts events in the bytes of a body as they come over the wire.
class WireEvents {
 public:
  // Of the response with this head. What is no stream of events, or has a coding, cannot be counted.
  explicit WireEvents(std::string_view head);

  void add(std::string_view wire_bytes);

  // Whole events so far. Nothing: they cannot be counted.
  [[nodiscard]] std::optional<std::uint64_t> count() const;

 private:
  bool countable_ = false;
  bool chunked_ = false;
  http::ChunkWalker chunks_;
  body::EventCounter events_;
};

// The whole events of a recorded response, read through `bodies`. 0: there are none, or they cannot be counted.
[[nodiscard]] Result<std::uint64_t> recorded_events(schema::Reader& bodies, schema::RowId exchange_id);

}  // namespace tracerec::replay
