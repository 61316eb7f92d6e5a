#include "record/patient_store.h"

#include <thread>
#include <utility>

// Tests: tests/record/patient_store_test.cc.

namespace tracerec::record {
namespace {

constexpr std::chrono::microseconds kNap{500};

}  // namespace

bool PatientStore::submit(schema::Command&& command) {
  const bool taken = store_.submit(std::move(command)) || (!is_stuck_ && submit_late(std::move(command)));
  is_stuck_ = is_stuck_ && !taken;
  return taken;
}

bool PatientStore::submit_late(schema::Command&& command) {
  const auto until = std::chrono::steady_clock::now() + longest_;
  while (source_.has_room() && store_.error().empty()) {
    if (std::chrono::steady_clock::now() >= until) {
      is_stuck_ = true;
      return false;
    }
    std::this_thread::sleep_for(kNap);
    if (store_.submit(std::move(command))) return true;
  }
  return false;
}

}  // namespace tracerec::record
