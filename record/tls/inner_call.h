// The function inside of a library that two of its exported ones come down to.
#pragma once

#include <cstdint>
#include <optional>

#include "record/tls/elf_image.h"

namespace tracerec::record {

// The offset in the file of the function that `extended` calls at once, with its own arguments (the first four) where
// they are, and that `plain` calls too. OpenSSL's SSL_read_ex() and SSL_read() have ssl_read_internal(), which takes
// what SSL_read_ex() takes and returns 1 when it does; BIO_f_ssl calls it as well.
//
// It is only given when its first instruction is a push, which is what it is good for: the kernel does a push itself
// (arch/x86/kernel/uprobes.c, push_setup_xol_ops(), Linux 4.15). Others are executed in place and end with a debug
// exception, which costs a virtual machine an exit: a probed call took 10.7 µs instead of 1.7 µs (docs/performance.md).
// None also: on arm64, and for all that is compiled in another way.
[[nodiscard]] std::optional<std::uint64_t> inner_call(ElfImage& image, const ElfFunction& plain,
                                                      const ElfFunction& extended);

}  // namespace tracerec::record
