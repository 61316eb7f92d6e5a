#include "record/nothing_recorded.h"

#include <algorithm>

#include "base/text.h"

namespace tracerec::record {
namespace {

constexpr std::size_t kMostPorts = 5;

std::string connections(std::uint64_t count) {
  return format_count(count) + (count == 1 ? " connection" : " connections");
}

std::string ports_of(const std::vector<std::uint16_t>& ports) {
  std::string text = ports.size() == 1 ? "port " : "ports ";
  for (std::size_t i = 0; i < std::min(ports.size(), kMostPorts); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(ports[i]);
  return text + (ports.size() > kMostPorts ? ", …" : "");
}

// The first that was lost: "lost.overload".
std::string lost_key(const schema::Ledger& ledger) {
  for (const schema::LedgerEntry& entry : ledger) {
    if (entry.key.starts_with("lost.") && entry.count + entry.bytes > 0) return entry.key;
  }
  return {};
}

std::uint64_t seen_bytes(const schema::Ledger& ledger) {
  for (const schema::LedgerEntry& entry : ledger) {
    if (entry.key == "seen") return entry.bytes;
  }
  return 0;
}

bool was_skipped(const SinkCounts& counts, Skip why) {
  const SinkCounts::Pair& pair = counts.skipped[static_cast<std::size_t>(why)];
  return pair.count > 0 || pair.bytes > 0;
}

// Bytes came, and were no exchanges.
std::string why_unread(const SinkCounts& counts, const Circumstances& known) {
  if (known.has_unread_tls) return "its TLS could not be read: see the lines above";
  if (counts.http2 > 0) return connections(counts.http2) + " spoke HTTP/2: let the client use HTTP/1.1";
  if (counts.not_http > 0)
    return connections(counts.not_http) + " spoke no HTTP: it may not be the right process or port";
  if (counts.unseen_request > 0)
    return "its requests were not seen being read: by splice(2), io_uring or a process that is not recorded";
  if (was_skipped(counts, Skip::kFiltered)) return "--port, --include or --exclude left out what there was";
  if (counts.no_request + counts.under_way > 0 || was_skipped(counts, Skip::kUnsynced))
    return "the connections were open before, and no request began since: record for longer";
  if (was_skipped(counts, Skip::kOutgoing))
    return "the process only called others: record the one that serves, or give --outgoing";
  return {};
}

// Nothing moved.
std::string why_silent(const Circumstances& known) {
  if (!known.found_processes) return "no process was found: see ps -o pid,comm,cgroup";
  if (known.is_sampled) return "no request arrived, or --sample left out the connections of all: give a larger share";
  if (!known.listening) return "no request arrived: the clients may not reach this process";
  const std::vector<std::uint16_t>& listening = *known.listening;
  if (listening.empty())
    return "the process takes no connections at any port: another one may serve (ss -ltnp shows which)";
  const auto listens = [&](std::uint16_t port) {
    return std::find(listening.begin(), listening.end(), port) != listening.end();
  };
  const std::vector<std::uint16_t>& wanted = known.wanted_ports;
  if (!wanted.empty() && std::none_of(wanted.begin(), wanted.end(), listens))
    return "the process listens at " + ports_of(listening) + ", and --port says " + ports_of(wanted);
  return "no request arrived at " + ports_of(wanted.empty() ? listening : wanted) + " while it was recorded";
}

}  // namespace

std::string why_nothing(const schema::Ledger& ledger, const SinkCounts& counts, const Circumstances& known) {
  if (const std::string unread = why_unread(counts, known); !unread.empty()) return unread;
  if (const std::string key = lost_key(ledger); !key.empty()) return "what came was lost (" + key + ")";
  if (known.has_io_uring) return "the process uses sockets through io_uring, which is not seen";
  if (counts.opaque.count > 0)
    return "what came could not be read as HTTP/1: stored.opaque has the first bytes and the reasons";
  if (seen_bytes(ledger) > 0) return "no whole request came";
  return why_silent(known);
}

}  // namespace tracerec::record
