// Plays a script against one server, or two side by side, and stores each as a run.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "replay/asio_transport.h"
#include "replay/causality.h"
#include "replay/options.h"
#include "replay/plan.h"
#include "replay/replay.h"
#include "replay/script.h"
#include "replay/transport.h"

namespace tracerec::replay {

// One play to come: the server, and the run that its answers become.
struct Part {
  Server server;
  std::unique_ptr<Transport> transport;
  schema::RowId run_id = 0;
  std::unique_ptr<Causality> causality;
};

// A way to the server, tried once. Error: it cannot be reached, or the options of TLS are wrong.
[[nodiscard]] Result<Part> make_part(boost::asio::io_context& io, const ReplayOptions& options, const Server& server,
                                     const std::vector<Endpoint>& endpoints);

// What is played.
struct Program {
  const ReplayOptions& options;
  schema::RowId recording_id = 0;
  Script& script;
  const RecordingShape& shape;
  bool in_step = false;  // of two parts: see Turns
};

// Plays one part, or two that take turns, and finishes their runs, which have begun. A summary for each. Errors: the
// trace file cannot be read or written, a ledger does not balance.
[[nodiscard]] Result<std::vector<ReplaySummary>> play_parts(boost::asio::io_context& io, const Program& program,
                                                            const std::vector<Part>& parts, schema::Reader& reader,
                                                            schema::BatchWriter& writer, const ReplayControl& control,
                                                            const Clock& clock);

}  // namespace tracerec::replay
