// What `tracerec replay` says on stderr, beside the report.
#pragma once

#include "replay/recheck.h"
#include "replay/replay.h"

namespace tracerec::cli {

// What was sent, what became of it, and the ledger. `who` is put in front: "baseline ".
void print_summary(const replay::ReplaySummary& summary, bool dry_run, const char* who = "");

// Of a dry run: the values that would be carried over.
void print_edges(const replay::ReplaySummary& summary);

void print_recheck(const replay::RecheckSummary& summary);

}  // namespace tracerec::cli
