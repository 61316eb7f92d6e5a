// What the recording could not do about TLS, gathered for the end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/event_source.h"
#include "record/tls/inside.h"

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

  [[nodiscard]] std::string name_of_tls(std::uint32_t tgid, TlsReading reading);
  [[nodiscard]] static std::string line_without_library(const Key& key, const Unread& unread);
  [[nodiscard]] static std::string line_without_sessions(const Key& key, const Unread& unread);

  std::map<Key, Unread> without_library_;
  std::map<Key, Unread> with_library_;
  std::map<std::uint32_t, std::uint64_t> sessions_;
  TlsInside inside_;
};

}  // namespace tracerec::record
