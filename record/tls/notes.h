// What the recording could not do about TLS, gathered for the end.
#pragma once

#include <compare>
#include <cstdint>
#include <future>
#include <map>
#include <mutex>
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

// Where TLS was met. A call is a connection that the process made to others: its own port says nothing.
struct TlsEndpoint {
  std::uint32_t tgid;
  std::uint16_t port;  // of the process; of the peer for a call; 0: further ones
  bool is_call;
  auto operator<=>(const TlsEndpoint&) const = default;
};

// One thread. Files are searched on threads of their own, which end with it.
class TlsNotes {
 public:
  // Of further ones the ports are not told apart.
  static constexpr std::size_t kMostEndpoints = 50;

  // A socket connection turned out to carry TLS.
  void connection(const TlsEndpoint& endpoint, TlsReading reading);

  // Plaintext of a session of the process came; this is its first event.
  void session(const tr_event& first);

  // For people, one line each; empty when all was well. Waits for what is still searched.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Unread {
    std::uint64_t connections = 0;
    std::string command;                  // both taken when first met: the process may be gone at the end
    std::shared_future<std::string> tls;  // that it has and that is not read; empty: not known
  };
  using Endpoints = std::map<TlsEndpoint, Unread>;
  using Process = std::pair<std::uint32_t, bool>;  // tgid, and whether it calls

  [[nodiscard]] Unread& known_or_new(Endpoints& endpoints, TlsEndpoint endpoint);
  [[nodiscard]] std::shared_future<std::string> name_of_tls(std::uint32_t tgid);
  [[nodiscard]] static std::string line_without_library(const TlsEndpoint& endpoint, const Unread& unread);
  [[nodiscard]] static std::string line_without_sessions(const TlsEndpoint& endpoint, const Unread& unread);

  std::mutex inside_mutex_;
  TlsInside inside_;  // outlives the threads, which end with the endpoints
  Endpoints without_library_, with_library_;
  std::map<Process, std::uint64_t> sessions_;
};

}  // namespace tracerec::record
