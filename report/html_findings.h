// The findings in the HTML report.
#pragma once

#include <ostream>

#include "report/report.h"

namespace tracerec::report {

// A table of the causes, the worst first, each a link to what follows: for each cause its findings with both values
// side by side, what changed marked, and the commands that compare, re-send and approve. All recorded data is escaped.
void write_html_findings(const Report& report, std::ostream& out);

// Those that somebody accepted, closed.
void write_html_approved(const Report& report, std::ostream& out);

}  // namespace tracerec::report
