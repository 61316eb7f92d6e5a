// The table packed_exchange: exchanges that wait there, hundreds in a row, until there is time to write a row for each.
// Internal to schema/.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "schema/packed.h"
#include "schema/sqlite.h"

namespace tracerec::schema {

// Called with each exchange of a row, whose texts live until `unpacked` has returned.
struct Unpacking {
  std::function<Result<void>(const ExchangeView&)> exchange;
  std::function<Result<void>()> unpacked;
};

// Puts exchanges there and takes them out again, inside the caller's transaction. After an error the object must only
// be destroyed. Memory: kRowBytes and what was added last. One thread.
class PackedExchanges {
 public:
  static constexpr std::size_t kRowBytes = std::size_t{256} << 10;

  // A row that has more is damaged: the exchange that fills one has heads and small bodies only.
  static constexpr std::size_t kMostRowBytes = std::size_t{16} << 20;

  [[nodiscard]] static Result<PackedExchanges> create(const Database& database);

  // `command` is what pack_command makes of an Exchange. It is copied.
  [[nodiscard]] Result<void> add(std::string_view command);

  // What was added is in the table from here on: call it before a commit.
  [[nodiscard]] Result<void> insert_gathered();

  // Bytes of exchanges that wait, in memory and in the table.
  [[nodiscard]] std::uint64_t waiting_bytes() const { return waiting_bytes_; }

  // Takes the oldest row out of the table. Precondition: nothing is gathered, waiting_bytes() > 0.
  // Error: the row has something else than exchanges, or ids that no recorder gives; or what `to` says.
  [[nodiscard]] Result<void> take_row(const Unpacking& to);

 private:
  PackedExchanges() = default;

  Statement insert_, oldest_, remove_;
  std::string gathered_;
  std::uint64_t waiting_bytes_ = 0;
};

// Makes the exchanges that wait visible to a reader: where there are any, `exchange` is from here on a view in memory
// of both tables, the second of them unpacked into a temporary one. True then, and the snapshot in which they were read
// must stay open: the writer moves exchanges from one table to the other. Writes nothing to the file. Call it within a
// transaction. Errors: damaged rows; an exchange that is in both tables.
[[nodiscard]] Result<bool> unpack_for_reading(const Database& database);

}  // namespace tracerec::schema
