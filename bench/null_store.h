// A store that takes everything and keeps nothing.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "schema/store.h"

namespace tracerec::bench {

class NullStore final : public schema::Store {
 public:
  bool submit(schema::Command&& command) override {
    exchanges += std::holds_alternative<schema::Exchange>(command);
    benchmark::DoNotOptimize(command.index());
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] std::string error() const override { return {}; }

  std::int64_t exchanges = 0;
};

}  // namespace tracerec::bench
