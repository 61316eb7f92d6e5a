// A recorder over a store in memory whose promises are checked at the end of the input.
#pragma once

#include <gtest/gtest.h>

#include "fuzz.h"
#include "record/rig.h"

namespace tracerec::fuzz {

class Recording {
 public:
  Recording() {
    GTEST_FLAG_SET(throw_on_failure, true);  // the rig's expectations end the process
  }

  void feed(const record::Event& event) { rig_.recorder.on_event(event); }
  void refuse_every(std::size_t submissions) { rig_.store.refuse_every = submissions; }

  // Every byte is in the books, and what is called complete is whole.
  void finish() {
    rig_.finish();
    for (const schema::Exchange& row : rig_.store.exchanges) {
      FUZZ_CHECK(!row.request_head.empty());
      if (!row.complete) continue;
      FUZZ_CHECK(!row.response_head.empty());
      FUZZ_CHECK(row.request_body.wire_bytes == row.request_body.bytes.size());
      FUZZ_CHECK(row.response_body.wire_bytes == row.response_body.bytes.size());
    }
  }

 private:
  record::Rig rig_;
};

}  // namespace tracerec::fuzz
