#include "record/patient_store.h"

#include <thread>
#include <utility>

// Tests: tests/record/patient_store_test.cc.

namespace tracerec::record {
namespace {

constexpr std::chrono::microseconds kNap{500};

}  // namespace

bool PatientStore::submit(schema::Command&& command) {
  const bool taken = try_once(command) || (!is_stuck_ && submit_late(command));
  is_stuck_ = is_stuck_ && !taken;
  return taken;
}

// One that is refused is untouched.
bool PatientStore::try_once(schema::Command& command) {
  return store_.submit(std::move(command));
}

bool PatientStore::submit_late(schema::Command& command) {
  const auto until = std::chrono::steady_clock::now() + longest_;
  while (source_.has_room() && store_.error().empty()) {
    if (std::chrono::steady_clock::now() >= until) {
      is_stuck_ = true;
      return false;
    }
    std::this_thread::sleep_for(kNap);
    if (try_once(command)) return true;
  }
  return false;
}

}  // namespace tracerec::record
