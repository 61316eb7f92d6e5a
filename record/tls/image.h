// Which functions of a program or library move the plaintext of TLS.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bpf/tls_calls.h"

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
  std::string library;           // "OpenSSL", "GnuTLS", "Go 1.19.8 crypto/tls"; empty: nothing of TLS in it
  std::vector<TlsProbe> probes;  // empty although a library was found: `problem` says why
  std::string problem;
};

// Looks into the file at `path`. What cannot be read has nothing of TLS in it.
[[nodiscard]] TlsImage examine_image(const std::string& path);

}  // namespace tracerec::record
