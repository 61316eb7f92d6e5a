// Any file as a program: examined within its budget, and probes only with a library and inside the file.
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "record/tls/image.h"

namespace tracerec::fuzz {

void fuzz_one(std::string_view input) {
  constexpr record::ImageBudget kBudget = {100'000, 1'000};
  UniqueFd fd(::memfd_create("image", MFD_CLOEXEC));
  FUZZ_CHECK(::write(fd.get(), input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  const record::TlsImage image = record::examine_image(std::move(fd), kBudget);
  FUZZ_CHECK(image.probes.empty() || (!image.library.empty() && image.problem.empty()));
  FUZZ_CHECK(image.left.steps <= kBudget.steps && image.left.read_blocks <= kBudget.read_blocks);
}

}  // namespace tracerec::fuzz
