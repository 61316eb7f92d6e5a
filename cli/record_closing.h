// What is said at the end of a recording.
#pragma once

#include <string>
#include <vector>

#include "record/ledger.h"
#include "record/sink_counts.h"
#include "schema/rows.h"

namespace tracerec::cli {

// Prints the closing line and the ledger.
void print_books(const schema::Ledger& ledger, const record::Books& books);

// What could not be read, although the recording went well: `problems` of the source and `tls` are such lines already.
void print_unread(const std::vector<std::string>& problems, const std::vector<std::string>& tls,
                  const record::SinkCounts& counts);

// What a person does with a recording, on a terminal.
void print_next(const std::string& db);

}  // namespace tracerec::cli
