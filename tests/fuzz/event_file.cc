// A file of raw events may hold anything: it is read to its end or refused, and the recorder's books balance.
#include "record/event_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "base/unique_fd.h"
#include "fuzz.h"
#include "recording.h"

namespace tracerec::fuzz {

void fuzz_one(std::string_view input) {
  const UniqueFd file(::memfd_create("events", MFD_CLOEXEC));
  FUZZ_CHECK(::write(file.get(), input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  const auto source = record::EventFileSource::open("/proc/self/fd/" + std::to_string(file.get()));
  if (!source) return;
  Recording recording;
  const auto count = (*source)->poll(0, [&](const record::Event& event) {
    FUZZ_CHECK(event.payload.size() == record::payload_bytes(event.header));
    recording.feed(event);
  });
  FUZZ_CHECK((*source)->exhausted());
  FUZZ_CHECK(count.has_value() || !count.error().message.empty());
  recording.finish();
}

}  // namespace tracerec::fuzz
