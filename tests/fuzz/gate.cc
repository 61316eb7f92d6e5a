// A --fail-if that is accepted reads back as itself and can be judged; one that is refused says why in one line.
#include "gate/gate.h"

#include "fuzz.h"

namespace tracerec::fuzz {

void fuzz_one(std::string_view input) {
  const auto condition = gate::parse_condition(input);
  if (!condition) {
    FUZZ_CHECK(condition.error().message.find('\n') == std::string::npos);
    return;
  }
  const auto again = gate::parse_condition(condition->text);
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(again->metric == condition->metric && again->text == condition->text);
  FUZZ_CHECK(again->comparison == condition->comparison && again->bound == condition->bound);

  const auto verdict = gate::evaluate({*condition}, {{"compared", 1}, {condition->metric, 1}});
  FUZZ_CHECK(verdict.has_value());
  FUZZ_CHECK(verdict->passed == verdict->reasons.empty());
  const auto unknown = gate::evaluate({*condition}, {{"compared", 1}});
  FUZZ_CHECK(unknown.has_value() || unknown.error().message.find('\n') == std::string::npos);
}

}  // namespace tracerec::fuzz
