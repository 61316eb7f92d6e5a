// What the recording could not do about TLS, gathered for the end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/event_source.h"

namespace tracerec::record {

// Which TLS a process has that is not read, by the libraries it has mapped (the text of /proc/PID/maps) and the name of
// its program. Empty: not known.
[[nodiscard]] std::string name_unsupported_tls(std::string_view maps, std::string_view program);

class TlsNotes {
 public:
  // A socket connection of process `tgid` turned out to carry TLS.
  void connection(std::uint32_t tgid, std::uint16_t port, TlsReading reading);

  // Plaintext of a session of the process came.
  void session(std::uint32_t tgid) { ++sessions_[tgid]; }

  // For people, one line each; empty when all was well.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Unread {
    std::uint64_t connections = 0;
    std::string command;  // both taken when first met: the process may be gone at the end
    std::string tls;      // that it has and that is not read; empty: not known
  };
  using Key = std::pair<std::uint32_t, std::uint16_t>;  // tgid, port

  std::map<Key, Unread> without_library_;
  std::map<Key, Unread> with_library_;
  std::map<std::uint32_t, std::uint64_t> sessions_;
};

}  // namespace tracerec::record
