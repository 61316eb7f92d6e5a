// TLS libraries that a program has inside and that cannot be read, for people.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "record/helper_thread.h"
#include "record/tls/image_file.h"

namespace tracerec::record {

// "rustls"; "BoringSSL without symbols"; several are joined by " and ". By the names of their source files, which stay
// in a program for its error messages when its symbols are gone. Empty: none is known. Takes from the budget.
[[nodiscard]] std::string name_tls_inside(UniqueFd program, ImageBudget& budget);

// Each program file is searched once, on the calling thread; over all of them half a second or so.
class TlsInside {
 public:
  static constexpr ImageBudget kBudgetOfAll = {8'000'000, 131'072};

  // Of the program that the process runs; empty when it may not be looked at.
  [[nodiscard]] std::string of(std::uint32_t tgid);

 private:
  ImageBudget left_ = kBudgetOfAll;
  HelperThread helper_;
  std::map<std::pair<std::string, std::uint64_t>, std::string> known_;  // (device, inode) → names
};

}  // namespace tracerec::record
