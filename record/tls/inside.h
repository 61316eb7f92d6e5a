// TLS libraries inside of programs and other libraries, which cannot be read: for people.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "record/helper_thread.h"
#include "record/tls/image_file.h"
#include "record/tls/process_images.h"

namespace tracerec::record {

// "rustls"; "BoringSSL without symbols"; several are joined by " and ". By the names of their source files, which stay
// in a file for its error messages when its symbols are gone. Empty: none is known. Takes from the budget.
[[nodiscard]] std::string name_tls_inside(UniqueFd file, ImageBudget& budget);

// One thread at a time. Each program file is searched once; over all of them a quarter of a second or so.
class TlsInside {
 public:
  static constexpr ImageBudget kBudgetOfAll = {8'000'000, 49'152};

  // "rustls, inside of server,": of the program that the process runs, or of the first of its libraries that has one.
  // Empty when there is none, or it may not be looked at.
  [[nodiscard]] std::string of(std::uint32_t tgid);

 private:
  [[nodiscard]] const std::string& names_in(std::uint32_t tgid, const ProcessImage& image);

  ImageBudget left_ = kBudgetOfAll;
  HelperThread helper_;
  std::map<std::pair<std::string, std::uint64_t>, std::string> known_;  // (device, inode) → names
};

}  // namespace tracerec::record
