#include "record/tls/notes.h"

#include <filesystem>
#include <system_error>

#include "base/text.h"
#include "record/proc.h"

namespace tracerec::record {
namespace {

std::string connections_on(std::uint64_t count, std::uint16_t port) {
  return format_count(count) + (count == 1 ? " connection" : " connections") + " on port " + std::to_string(port) +
         (count == 1 ? " speaks TLS" : " speak TLS");
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

std::string TlsNotes::name_of_tls(std::uint32_t tgid, TlsReading reading) {
  const std::string maps = read_proc_file("/proc/" + std::to_string(tgid) + "/maps");
  const std::string known = name_unsupported_tls(maps, program_of(tgid));
  if (!known.empty() || reading != TlsReading::kNoLibrary) return known;
  const std::string inside = inside_.of(tgid);
  return inside.empty() ? "" : inside + ", inside of the program,";
}

void TlsNotes::connection(std::uint32_t tgid, std::uint16_t port, TlsReading reading) {
  if (reading == TlsReading::kOff) return;
  auto& unread = reading == TlsReading::kNoLibrary ? without_library_ : with_library_;
  const auto [known, is_new] = unread.try_emplace({tgid, port});
  if (is_new) {
    known->second.command = printable(command_line(tgid), 80);
    known->second.tls = name_of_tls(tgid, reading);
  }
  ++known->second.connections;
}

std::string TlsNotes::line_without_library(const Key& key, const Unread& unread) {
  const std::string process = "pid " + std::to_string(key.first) + " (" + unread.command + ")";
  const std::string why = unread.tls.empty() ? ", but no TLS library that tracerec supports was found in " + process
                                             : ", by " + unread.tls + " in " + process + ", which tracerec cannot read";
  return connections_on(unread.connections, key.second) + why + ": what is inside was not recorded; " +
         std::string(kAdvice);
}

std::string TlsNotes::line_without_sessions(const Key& key, const Unread& unread) {
  const std::string uses = unread.tls.empty()
                               ? "another library, or a BIO of OpenSSL (BIO_f_ssl) that it made before the recording"
                               : unread.tls;
  return connections_on(unread.connections, key.second) +
         ", but nothing came through the functions of the TLS library of pid " + std::to_string(key.first) + " (" +
         unread.command + ") that are probed: the program uses " + uses + "; " + std::string(kAdvice);
}

std::vector<std::string> TlsNotes::lines() const {
  std::vector<std::string> lines;
  for (const auto& [key, unread] : without_library_) lines.push_back(line_without_library(key, unread));
  for (const auto& [key, unread] : with_library_) {
    if (sessions_.count(key.first) == 0) lines.push_back(line_without_sessions(key, unread));
  }
  return lines;
}

}  // namespace tracerec::record
