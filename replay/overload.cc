#include "replay/overload.h"

#include <algorithm>
#include <cstdio>

namespace tracerec::replay {
namespace {

// Long enough for a target to stumble (a deployment, a collection of garbage) without the run being given up.
constexpr std::int64_t kLongestPeriodNs = 5'000'000'000;

}  // namespace

OverloadWatch::OverloadWatch(std::int64_t limit_ns)
    : limit_ns_(limit_ns), period_ns_(std::min(limit_ns, kLongestPeriodNs)) {}

void OverloadWatch::sent(std::int64_t now_ns, std::int64_t lateness_ns) {
  if (limit_ns_ == 0 || hopeless_) return;
  if (lateness_ns <= limit_ns_) {
    counting_ = false;
    least_before_ns_ = -1;
    return;
  }
  if (!counting_) return begin_period(now_ns, lateness_ns);
  if (now_ns - began_ns_ < period_ns_) {
    least_ns_ = std::min(least_ns_, lateness_ns);
    return;
  }
  hopeless_ = least_before_ns_ >= 0 && least_ns_ >= least_before_ns_;
  least_before_ns_ = least_ns_;
  if (!hopeless_) begin_period(now_ns, lateness_ns);
}

void OverloadWatch::begin_period(std::int64_t now_ns, std::int64_t lateness_ns) {
  counting_ = true;
  began_ns_ = now_ns;
  least_ns_ = lateness_ns;
}

std::string OverloadWatch::reason() const {
  char text[160];
  std::snprintf(text, sizeof text,
                "the target does not keep up: every request of the last %.3g s was sent at least %.3g s late",
                2 * static_cast<double>(period_ns_) / 1e9, static_cast<double>(least_ns_) / 1e9);
  return text;
}

}  // namespace tracerec::replay
