// A store that takes everything and keeps nothing.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <utility>

#include "schema/batch_writer.h"

namespace tracerec::bench {

class NullStore final : public schema::Store {
 public:
  bool submit(schema::Command&& command) override {
    benchmark::DoNotOptimize(command.index());
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] std::string error() const override { return {}; }
};

}  // namespace tracerec::bench
