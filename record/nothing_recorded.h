// Why a recording came out empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/sink_counts.h"
#include "schema/rows.h"

namespace tracerec::record {

// What is known of a recording that is over, beside its ledger.
struct Circumstances {
  std::vector<std::uint16_t> wanted_ports;  // --port; none: all
  // Ports at which the recorded processes take connections, in order; nothing when that is not known.
  std::optional<std::vector<std::uint16_t>> listening{};
  bool found_processes = true;  // with --comm and --cgroup there may be none
  bool has_unread_tls = false;  // lines about it were printed
  bool has_io_uring = false;
  bool is_sampled = false;  // --sample
};

// The most probable reason why it has no exchange, in one clause, with what to do about it.
[[nodiscard]] std::string why_nothing(const schema::Ledger& ledger, const SinkCounts& counts,
                                      const Circumstances& known);

}  // namespace tracerec::record
