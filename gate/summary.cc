#include "gate/summary.h"

namespace tracerec::gate {

double Summary::match_rate() const {
  return compared == 0 ? 0 : static_cast<double>(equal) / static_cast<double>(compared);
}

double Coverage::share() const {
  return locations == 0 ? 0 : static_cast<double>(exact + shape) / static_cast<double>(locations);
}

}  // namespace tracerec::gate
