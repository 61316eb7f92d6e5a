#include "record/tls/notes.h"

#include <filesystem>
#include <system_error>

#include "base/text.h"
#include "record/proc.h"

namespace tracerec::record {
namespace {

std::string connections_at(std::uint64_t count, const TlsEndpoint& endpoint) {
  const std::string port = endpoint.port == 0 ? "further ports" : "port " + std::to_string(endpoint.port);
  return format_count(count) + (count == 1 ? " connection" : " connections") + (endpoint.is_call ? " to " : " on ") +
         port + (count == 1 ? " speaks TLS" : " speak TLS");
}

struct UnsupportedTls {
  std::string_view sign;  // in the name of a mapped file, or the program's whole name
  std::string_view name;
};

constexpr UnsupportedTls kMapped[] = {{"/libjvm.so", "Java's own TLS"},
                                      {"/libnss3.so", "NSS"},
                                      {"/libmbedtls.so", "Mbed TLS"},
                                      {"/libwolfssl.so", "wolfSSL"},
                                      {"/libs2n.so", "s2n-tls"}};
constexpr UnsupportedTls kPrograms[] = {{"bun", "BoringSSL, inside of Bun,"},
                                        {"deno", "rustls, inside of Deno,"},
                                        {"envoy", "BoringSSL, inside of Envoy,"}};

constexpr std::string_view kAdvice =
    "let a proxy whose TLS is read end it on this machine, and record that (docs/capture.md, Inside TLS)";

std::string program_of(std::uint32_t tgid) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + std::to_string(tgid) + "/exe", error).filename().string();
}

}  // namespace

std::string name_unsupported_tls(std::string_view maps, std::string_view program) {
  for (const UnsupportedTls& one : kMapped) {
    if (maps.find(one.sign) != std::string_view::npos) return std::string(one.name);
  }
  for (const UnsupportedTls& one : kPrograms) {
    if (program == one.sign) return std::string(one.name);
  }
  return {};
}

namespace {

std::shared_future<std::string> known_already(std::string name) {
  std::promise<std::string> promise;
  promise.set_value(std::move(name));
  return promise.get_future().share();
}

}  // namespace

// Files are not searched on this thread, which drains the ring: those of Node.js take 70 ms.
std::shared_future<std::string> TlsNotes::name_of_tls(std::uint32_t tgid) {
  const std::string maps = read_proc_file("/proc/" + std::to_string(tgid) + "/maps");
  std::string known = name_unsupported_tls(maps, program_of(tgid));
  if (!known.empty()) return known_already(std::move(known));
  const auto search = [this, tgid] {
    const std::lock_guard guard(inside_mutex_);
    return inside_.of(tgid);
  };
  try {
    return std::async(std::launch::async, search).share();
  } catch (const std::system_error&) {  // no more threads: it is only a name
    return known_already({});
  }
}

TlsNotes::Unread& TlsNotes::known_or_new(Endpoints& endpoints, TlsEndpoint endpoint) {
  if (endpoints.size() >= kMostEndpoints && endpoints.count(endpoint) == 0) endpoint.port = 0;
  const auto [known, is_new] = endpoints.try_emplace(endpoint);
  if (is_new) {
    known->second.command = printable(command_line(endpoint.tgid), 80);
    known->second.tls = name_of_tls(endpoint.tgid);
  }
  return known->second;
}

void TlsNotes::connection(const TlsEndpoint& endpoint, TlsReading reading) {
  if (reading == TlsReading::kOff) return;
  Endpoints& endpoints = reading == TlsReading::kNoLibrary ? without_library_ : with_library_;
  ++known_or_new(endpoints, endpoint).connections;
}

// Who speaks first is the client; of a session that was under way it is not known.
void TlsNotes::session(const tr_event& first) {
  const bool is_joined = (first.flags & TR_FIRST) == 0;
  if (is_joined || first.direction == TR_IN) ++sessions_[{first.tgid, false}];
  if (is_joined || first.direction == TR_OUT) ++sessions_[{first.tgid, true}];
}

std::string TlsNotes::line_without_library(const TlsEndpoint& endpoint, const Unread& unread) {
  const std::string process = "pid " + std::to_string(endpoint.tgid) + " (" + unread.command + ")";
  const std::string& tls = unread.tls.get();
  const std::string why = tls.empty() ? ", but no TLS library that tracerec supports was found in " + process
                                      : ", by " + tls + " in " + process + ", which tracerec cannot read";
  return connections_at(unread.connections, endpoint) + why + ": what is inside was not recorded; " +
         std::string(kAdvice);
}

std::string TlsNotes::line_without_sessions(const TlsEndpoint& endpoint, const Unread& unread) {
  const std::string& tls = unread.tls.get();
  const std::string uses =
      tls.empty() ? "another library, or a BIO of OpenSSL (BIO_f_ssl) that it made before the recording" : tls;
  return connections_at(unread.connections, endpoint) +
         ", but nothing came through the functions of the TLS library of pid " + std::to_string(endpoint.tgid) + " (" +
         unread.command + ") that are probed: the program uses " + uses + "; " + std::string(kAdvice);
}

std::vector<std::string> TlsNotes::lines() const {
  std::vector<std::string> lines;
  for (const auto& [endpoint, unread] : without_library_) lines.push_back(line_without_library(endpoint, unread));
  for (const auto& [endpoint, unread] : with_library_) {
    const bool is_read = sessions_.count({endpoint.tgid, endpoint.is_call}) != 0;
    if (!is_read) lines.push_back(line_without_sessions(endpoint, unread));
  }
  return lines;
}

}  // namespace tracerec::record
