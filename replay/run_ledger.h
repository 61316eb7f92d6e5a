// The counts of a run, which must balance.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/error.h"
#include "schema/rows.h"

namespace tracerec::replay {

// planned = sent + skipped by reason; sent = answered + failed by reason. Each is counted where it happens, none is
// computed from the others. One thread.
class RunLedger {
 public:
  void plan(std::uint64_t exchanges) { planned_ += exchanges; }
  void skip(const char* key, std::uint64_t exchanges = 1);  // "skipped.…"
  void send() { ++sent_.count; }
  void succeed(std::uint64_t request_bytes, std::uint64_t response_bytes);
  void fail(const std::string& reason, std::uint64_t request_bytes);  // "timeout": becomes "failed.timeout"

  [[nodiscard]] std::uint64_t planned() const { return planned_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_.count; }
  [[nodiscard]] std::uint64_t answered() const { return answered_.count; }
  [[nodiscard]] std::uint64_t skipped() const;
  [[nodiscard]] std::uint64_t failed() const;

  // Error: says which equation does not hold, with its numbers.
  [[nodiscard]] Result<void> check() const;

  // For information; takes no part in the balance: "order.waits".
  void note(const char* key, std::uint64_t count) { notes_[key] = count; }

  [[nodiscard]] schema::Ledger entries() const;

 private:
  struct Count {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
  };

  std::uint64_t planned_ = 0;
  Count sent_;
  Count answered_;
  std::map<std::string, std::uint64_t> skipped_;
  std::map<std::string, std::uint64_t> failed_;
  std::map<std::string, std::uint64_t> notes_;
};

}  // namespace tracerec::replay
