// Picks a bounded number of exchanges, evenly out of all that are offered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tracerec::gate {

// Memory: twice `per_endpoint` ids for each of kMaxEndpoints; further endpoints count as one.
class BalancedSample {
 public:
  BalancedSample(std::size_t per_endpoint, std::size_t in_all) : per_endpoint_(per_endpoint), in_all_(in_all) {}

  void add(const std::string& endpoint, std::int64_t exchange);

  // By id.
  [[nodiscard]] std::vector<std::int64_t> chosen() const;

  static constexpr std::size_t kMaxEndpoints = 10'000;

 private:
  struct Kept {
    std::vector<std::int64_t> ids;  // every stride-th of those that were offered
    std::uint64_t stride = 1;
    std::uint64_t offered = 0;
  };

  std::size_t per_endpoint_;
  std::size_t in_all_;
  std::map<std::string, Kept> endpoints_;
};

}  // namespace tracerec::gate
