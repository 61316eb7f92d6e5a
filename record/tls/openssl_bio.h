// OpenSSL by its BIO_f_ssl, which calls internal functions of libssl.
#pragma once

#include <cstdint>
#include <optional>

#include "record/tls/elf_image.h"

namespace tracerec::record {

// The functions of BIO_f_ssl, as offsets in the file.
struct SslBioFunctions {
  std::uint64_t write = 0;    // (BIO *, buffer, length, size_t *moved), returning 1 when *moved bytes were moved
  std::uint64_t read = 0;     // likewise
  std::uint64_t control = 0;  // (BIO *, command, number, pointer): its BIO_C_SET_SSL tells the session
  std::uint64_t destroy = 0;  // (BIO *)
};

// From the table whose address the exported function returns. `getter` is BIO_f_ssl. None: it is not the table of
// OpenSSL 1.1.1 to 3; older ones, LibreSSL and BoringSSL call SSL_read and SSL_write there.
[[nodiscard]] std::optional<SslBioFunctions> ssl_bio_functions(ElfImage& image, const ElfFunction& getter);

}  // namespace tracerec::record
