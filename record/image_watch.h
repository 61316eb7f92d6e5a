// Which processes map code: without a hook on mmap, from the records that the kernel's perf events keep of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace tracerec::record {

// One small ring for each processor, of all processes. One thread.
class ImageWatch {
 public:
  // From now on. Errors: no CAP_PERFMON, or a kernel or sandbox without perf events.
  [[nodiscard]] static Result<ImageWatch> start();

  // They become readable (epoll) with the first record.
  [[nodiscard]] const std::vector<UniqueFd>& descriptors() const { return fds_; }

  // Hands over the process (thread group) of each file that was mapped to be run since the last call, as numbered in
  // this pid namespace; one may come many times. False: some were dropped, any process may have new code.
  [[nodiscard]] bool take(const std::function<void(std::uint32_t tgid)>& on_image);

 private:
  struct Unmap {
    std::size_t bytes = 0;
    void operator()(void* memory) const;
  };
  using Mapping = std::unique_ptr<void, Unmap>;

  std::vector<UniqueFd> fds_;
  std::vector<Mapping> rings_;  // of the same processors
};

}  // namespace tracerec::record
