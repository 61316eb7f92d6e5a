#include "record/tls/notes.h"

#include "base/text.h"
#include "record/proc.h"

namespace tracerec::record {
namespace {

std::string connections_on(std::uint64_t count, std::uint16_t port) {
  return format_count(count) + (count == 1 ? " connection" : " connections") + " on port " + std::to_string(port) +
         (count == 1 ? " speaks TLS" : " speak TLS");
}

}  // namespace

void TlsNotes::connection(std::uint32_t tgid, std::uint16_t port, TlsReading reading) {
  if (reading == TlsReading::kOff) return;
  auto& unread = reading == TlsReading::kNoLibrary ? without_library_ : with_library_;
  const auto [known, is_new] = unread.try_emplace({tgid, port});
  if (is_new) known->second.command = printable(command_line(tgid), 80);
  ++known->second.connections;
}

std::vector<std::string> TlsNotes::lines() const {
  std::vector<std::string> lines;
  for (const auto& [key, unread] : without_library_) {
    lines.push_back(connections_on(unread.connections, key.second) +
                    ", but no TLS library that tracerec supports was found in pid " + std::to_string(key.first) + " (" +
                    unread.command + "): what is inside was not read; docs/capture.md lists the libraries");
  }
  for (const auto& [key, unread] : with_library_) {
    if (sessions_.count(key.first) != 0) continue;
    lines.push_back(connections_on(unread.connections, key.second) +
                    ", but nothing came through the TLS library of pid " + std::to_string(key.first) + " (" +
                    unread.command + ") that was probed: the program may use another one");
  }
  return lines;
}

}  // namespace tracerec::record
