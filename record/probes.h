// The BPF programs as one object: opened, configured, loaded and attached. Uprobes are attached later, file by file
// (tls_probes.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "record/image_watch.h"
#include "record/ring_source.h"

struct capture;  // capture.skel.h. NOLINT(readability-identifier-naming): bpftool names it after the file

namespace tracerec::record {

struct SkeletonDeleter {
  void operator()(capture* skeleton) const;
};
using Skeleton = std::unique_ptr<capture, SkeletonDeleter>;

struct Probes {
  Skeleton skeleton;                 // detached and unloaded by its end
  bool uprobe_multi = false;         // many uprobes can share a link (Linux 6.6)
  std::optional<ImageWatch> images;  // where system calls are not hooked
  std::string why_calls;             // and not what sockets move; empty: they are not
};

// Errors: a kernel that is too old, no BTF, no privilege, a program that the verifier refuses.
[[nodiscard]] Result<Probes> attach_probes(const RingSourceOptions& options);

}  // namespace tracerec::record
