// Which requests of a run failed, and why, while it runs: the first of each reason. The trace file has all of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "schema/rows.h"

namespace tracerec::replay {

// Failures for one reason of the ledger.
struct FailureKind {
  std::string reason;           // "timeout", "tls"
  std::string detail;           // of the first: what the transport or the parser said; may be empty
  schema::RowId exchange = 0;   // the first
  std::uint64_t exchanges = 0;  // all
};

class Failures {
 public:
  void add(const std::string& reason, std::string_view detail, schema::RowId exchange) {
    FailureKind& kind = kinds_[reason];
    if (kind.exchanges++ == 0) kind = {reason, std::string(detail), exchange, 1};
  }

  // By reason. Memory: there are about ten reasons.
  [[nodiscard]] std::vector<FailureKind> kinds() const {
    std::vector<FailureKind> kinds;
    for (const auto& [reason, kind] : kinds_) kinds.push_back(kind);
    return kinds;
  }

 private:
  std::map<std::string, FailureKind> kinds_;
};

}  // namespace tracerec::replay
