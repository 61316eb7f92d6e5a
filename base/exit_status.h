// The exit codes of the command line. Scripts depend on them.
#pragma once

namespace tracerec {

enum class ExitStatus : int {
  kDone = 0,          // did its job; the gate, if there is one, passed
  kGateFailed = 1,    // did its job; the gate says no
  kCouldNot = 2,      // usage, privilege, unreachable target, unreadable file, a ledger that does not balance
  kInterrupted = 130  // Ctrl-C or SIGTERM cut the work short
};

}  // namespace tracerec
