// Replays exchanges against one server, or two side by side, and stores each as a run.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "replay/asio_transport.h"
#include "replay/causality.h"
#include "replay/exchange_source.h"
#include "replay/options.h"
#include "replay/outlook.h"
#include "replay/plan.h"
#include "replay/replay.h"
#include "replay/transport.h"

namespace tracerec::replay {

// A run to come: the server, and the run that its responses become.
struct RunSetup {
  Server server;
  std::unique_ptr<Transport> transport;
  schema::RowId run_id = 0;
  std::unique_ptr<Causality> causality;
};

// A way to the server, tried once. Error: it cannot be reached, or the options of TLS are wrong.
[[nodiscard]] Result<RunSetup> make_run_setup(boost::asio::io_context& io, const ReplayOptions& options,
                                              const Server& server, const std::vector<Endpoint>& endpoints);

// What is replayed.
struct ReplayJob {
  const ReplayOptions& options;
  schema::RowId recording_id = 0;
  ExchangeSource& source;
  const RecordingShape& shape;
  bool in_step = false;              // of two setups: see Alternation
  const Outlook* outlook = nullptr;  // of the recording; nullptr: what is replayed was chosen
  // Not nullptr: more runs will be written by the same writer, which can finish runs once. Their ends are added here,
  // and the caller finishes them.
  std::vector<schema::RunEnd>* ends = nullptr;
};

// Replays one setup, or two that alternate, and finishes their runs, which have begun. A summary for each. Errors: the
// trace file cannot be read or written, a ledger does not balance.
[[nodiscard]] Result<std::vector<ReplaySummary>> replay_runs(boost::asio::io_context& io, const ReplayJob& job,
                                                             const std::vector<RunSetup>& setups,
                                                             schema::Reader& reader, schema::BatchWriter& writer,
                                                             const ReplayControl& control, const Clock& clock);

}  // namespace tracerec::replay
