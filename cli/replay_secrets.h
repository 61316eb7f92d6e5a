// What replay does with secrets in the responses that it stores.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "cli/replay_options.h"
#include "replay/response_secrets.h"

namespace tracerec::cli {

// By the options and, without them, as the recording was stored; nullptr: responses are stored as they are. The rules
// are the built-in ones and those of --redact, or of the rules file that the comparison uses. Error: a rules file or
// the trace file cannot be read, or the options contradict each other.
[[nodiscard]] Result<std::shared_ptr<replay::ResponseSecrets>> plan_secrets(const ReplayCommandOptions& options,
                                                                            const schema::TraceSource& db);

}  // namespace tracerec::cli
