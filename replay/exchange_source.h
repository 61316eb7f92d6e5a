// Which exchanges are replayed, connection by connection: a whole recording, or some of it.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/error.h"
#include "schema/reader.h"

namespace tracerec::replay {

// On the thread of the io_context. Errors: the trace file cannot be read.
class ExchangeSource {
 public:
  virtual ~ExchangeSource() = default;

  // By the start of their first exchange.
  [[nodiscard]] virtual Result<void> for_each_connection(const schema::Visitor<schema::ConnectionSpan>& visit) = 0;

  // The next exchanges on a connection: those with seq > after_seq (start with -1), at most `limit`. None: there are no
  // more.
  [[nodiscard]] virtual Result<std::vector<schema::StoredExchange>> next_requests(schema::RowId connection_id,
                                                                                  std::int64_t after_seq,
                                                                                  std::size_t limit) = 0;
};

// `reader` must outlive them.
[[nodiscard]] std::unique_ptr<ExchangeSource> whole_recording(schema::Reader& reader, schema::RowId recording_id);

// Those with these ids; unknown ids are left out. Memory: some 100 bytes for each.
[[nodiscard]] Result<std::unique_ptr<ExchangeSource>> chosen_exchanges(schema::Reader& reader,
                                                                       const std::vector<schema::RowId>& ids);

}  // namespace tracerec::replay
