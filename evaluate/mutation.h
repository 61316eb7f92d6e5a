// Mutation testing of the gate on a stored run.
#pragma once

#include "base/error.h"
#include "evaluate/evidence.h"
#include "evaluate/pair_source.h"
#include "evaluate/plan.h"
#include "gate/mutation_test.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

// Mutates plan.mutations recorded responses, spread evenly over the `compared` pairs of the run, and counts which of
// them the gate detects by the evidence and the rules of the run. Error: the trace file cannot be read.
[[nodiscard]] Result<gate::MutationResult> test_by_mutation(schema::Reader& rows, const schema::Run& run,
                                                            const Plan& plan, const Evidence& evidence,
                                                            PairSource& pairs, std::uint64_t compared);

}  // namespace tracerec::evaluate
