#include "record/machine_load.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace tracerec::record {
namespace {

constexpr std::int64_t kIntervalNs = 200'000'000;

// The first eight fields: user, nice, system, idle, iowait, irq, softirq, steal. What guests took is in user and nice.
constexpr std::size_t kFields = 8;
constexpr std::size_t kIdle = 3, kWaitingForDisk = 4;

}  // namespace

MachineLoad::MachineLoad(const Clock& clock, const std::string& path, std::uint64_t processors)
    : clock_(clock),
      processors_(processors),
      file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)),
      last_(look()),
      looked_ns_(clock.boot_ns()) {}

MachineLoad::MachineLoad(const Clock& clock)
    : MachineLoad(clock, "/proc/stat", static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)))) {}

MachineLoad::Times MachineLoad::look() const {
  std::array<char, 512> buffer{};
  const ssize_t size = ::pread(file_.get(), buffer.data(), buffer.size(), 0);
  std::string_view text(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (!text.starts_with("cpu ")) return {};
  text.remove_prefix(4);
  Times times;
  for (std::size_t field = 0; field < kFields; ++field) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::uint64_t ticks = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), ticks);
    if (failed != std::errc{}) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    times.all += ticks;
    if (field == kIdle || field == kWaitingForDisk) times.idle += ticks;
  }
  return times;
}

bool MachineLoad::is_busy() {
  const std::int64_t now_ns = clock_.boot_ns();
  if (now_ns - looked_ns_ < kIntervalNs) return is_busy_;
  const Times now = look();
  // The kernel may correct idle times downwards (man 5 proc_stat).
  const bool is_known = now.all > last_.all && now.idle >= last_.idle;
  is_busy_ = is_known && (now.idle - last_.idle) * processors_ * 2 < now.all - last_.all;
  last_ = now;
  looked_ns_ = now_ns;
  return is_busy_;
}

}  // namespace tracerec::record
