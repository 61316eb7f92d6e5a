// Which responses differ only because an earlier write failed, or was not sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "diff/input.h"

namespace tracerec::gate {

// Remembers what failed writes were to create or change, and recognises requests for it. A write is a POST, PUT, PATCH
// or DELETE; it failed when it succeeded while recording and now has no response or one of 400 and above. What it made
// is known from its recorded response: Location, and members named like ids. Memory: at most kMaxTracked. One thread.
class Dependents {
 public:
  // The next pair, in the order of recording. `finding` names the difference that the failed write is.
  void learn(const diff::Pair& pair, const std::string& finding);

  // The finding that this request depends on; nullptr when it asks for nothing that a failed write should have made.
  [[nodiscard]] const std::string* cause_of(const diff::Pair& pair) const;

  [[nodiscard]] bool empty() const { return tracked_.empty(); }

  static constexpr std::size_t kMaxTracked = 10000;

 private:
  void remember(std::string thing, const std::string& finding);
  void remember_id(const std::string& collection, std::string_view id, const std::string& finding);

  std::unordered_map<std::string, std::string> tracked_;  // a path, or an id that is unlikely by chance → finding
};

// Whether this is a write that succeeded while recording and fails now.
[[nodiscard]] bool is_failed_write(const diff::Pair& pair);

}  // namespace tracerec::gate
