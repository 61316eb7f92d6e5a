// Which functions of a program or library move the plaintext of TLS.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "bpf/tls_calls.h"
#include "record/tls/image_file.h"

namespace tracerec::record {

enum class ProbeAt {
  kEntry,
  kReturn,    // a return probe: C only
  kGoEntry,   //
  kGoReturn,  // at a RET instruction
};

struct TlsProbe {
  std::uint64_t offset = 0;  // in the file
  tr_tls_call call = TR_TLS_QUIET;
  ProbeAt at = ProbeAt::kEntry;
};

struct TlsImage {
  std::string library;           // "OpenSSL", "GnuTLS", "Go 1.19.8 crypto/tls"; empty: nothing of TLS was found in it
  std::vector<TlsProbe> probes;  // empty although a library was found: `problem` says why
  std::string problem;           // without a library: the file was not read to its end
  ImageBudget left;              // of the budget
};

// Looks into a file. What is no program has nothing of TLS in it.
[[nodiscard]] TlsImage examine_image(UniqueFd fd, ImageBudget budget = {});

}  // namespace tracerec::record
