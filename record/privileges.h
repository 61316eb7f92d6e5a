// What the recorder may do: it runs beside what it records, often as root, and reads what that has made.
#pragma once

#include <cstdint>
#include <string>

namespace tracerec::record {

// Sets of capabilities (man 7 capabilities) as bits.
using Capabilities = std::uint64_t;

// What a recording is for decides what is needed after its probes are attached.
struct PrivilegeNeeds {
  bool tls = true;                     // libraries are found and probed later too
  bool writes_where_root_may = false;  // the trace lies in another user's folder: its log is deleted at the end
  bool ends_a_command = false;         // of another user (SIGTERM)
};

// To be called before the first thread is started, and after a command to record is forked: no core dump, nobody of the
// same user may look into the memory, nothing that is executed gains rights, and of the capabilities only those are
// left that some recording needs while it attaches.
void confine_process();

// File capabilities are for recording, not for opening what the caller names: while they are set aside (all of the
// calling thread's, but for root's), a file opens as it does without them. They can be taken up again until they are
// given up.
void set_capabilities_aside();
void take_up_capabilities();

// Gives up the capabilities of the calling thread that are not needed any more once all is attached. Other threads keep
// theirs: each calls this or restrict_thread() itself.
void drop_privileges(const PrivilegeNeeds& needs);

// For a thread that opens files of recorded processes and does nothing else.
void restrict_to_files();
// For the thread that writes the trace.
void restrict_to_writing(const PrivilegeNeeds& needs);

// Those that are effective in the calling thread.
[[nodiscard]] Capabilities effective_capabilities();

// The capabilities that recording needs and this thread has not, "CAP_BPF and CAP_PERFMON"; empty: all are there.
// Without them nothing is recorded.
[[nodiscard]] std::string missing_capabilities();

// Those without which some of what other users' processes do is not read: "CAP_SYS_PTRACE"; empty: all are there.
[[nodiscard]] std::string missing_for_others();

}  // namespace tracerec::record
