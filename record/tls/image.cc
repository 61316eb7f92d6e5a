#include "record/tls/image.h"

#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "record/tls/elf_image.h"
#include "record/tls/entry_site.h"
#include "record/tls/go_binary.h"
#include "record/tls/inner_call.h"
#include "record/tls/openssl_bio.h"
#include "record/tls/return_sites.h"

namespace tracerec::record {
namespace {

struct Function {
  std::string_view name;
  tr_tls_call call;
};

// OpenSSL 1.0 to 3, LibreSSL and BoringSSL. SSL_peek is not here: what it shows is read again. Those of early data call
// the others, or copies of them that the compiler made.
constexpr std::array<Function, 14> kOpenSsl = {{
    {"SSL_read", TR_TLS_READ},
    {"SSL_write", TR_TLS_WRITE},
    {"SSL_read_ex", TR_TLS_READ_EX},
    {"SSL_write_ex", TR_TLS_WRITE_EX},
    {"SSL_read_early_data", TR_TLS_READ_EX},
    {"SSL_write_early_data", TR_TLS_WRITE_EX},
    {"SSL_sendfile", TR_TLS_SENDFILE},
    {"SSL_do_handshake", TR_TLS_QUIET},
    {"SSL_accept", TR_TLS_QUIET},
    {"SSL_connect", TR_TLS_QUIET},
    {"SSL_new", TR_TLS_NEW},
    {"SSL_shutdown", TR_TLS_SHUT},
    {"SSL_free", TR_TLS_FREE},
    {"SSL_clear", TR_TLS_CLEAR},
}};

constexpr std::string_view kSslBio = "BIO_f_ssl";

constexpr std::array<Function, 9> kGnuTls = {{
    {"gnutls_record_recv", TR_TLS_READ},
    {"gnutls_record_send", TR_TLS_WRITE},
    {"gnutls_record_send2", TR_TLS_WRITE},
    {"gnutls_record_send_range", TR_TLS_WRITE_RANGE},
    {"gnutls_record_uncork", TR_TLS_QUIET},
    {"gnutls_handshake", TR_TLS_QUIET},
    {"gnutls_init", TR_TLS_NEW_AT},
    {"gnutls_bye", TR_TLS_SHUT},
    {"gnutls_deinit", TR_TLS_FREE},
}};

constexpr std::array<Function, 5> kGo = {{
    {"crypto/tls.(*Conn).Read", TR_TLS_READ},
    {"crypto/tls.(*Conn).Write", TR_TLS_WRITE},
    {"crypto/tls.(*Conn).clientHandshake", TR_TLS_HANDSHAKE},
    {"crypto/tls.(*Conn).serverHandshake", TR_TLS_HANDSHAKE},
    {"crypto/tls.(*Conn).Close", TR_TLS_FREE},
}};

template <std::size_t size>
std::set<std::string_view> names_of(const std::array<Function, size>& table) {
  std::set<std::string_view> names;
  for (const Function& function : table) names.insert(function.name);
  return names;
}

bool is_reported_at_entry(tr_tls_call call) {
  return call == TR_TLS_SHUT || call == TR_TLS_FREE || call == TR_TLS_CLEAR || call == TR_TLS_BIO_CONTROL ||
         call == TR_TLS_BIO_FREE;
}

void add_c_function(TlsImage& image, std::uint64_t offset, tr_tls_call call) {
  image.probes.push_back({offset, call, ProbeAt::kEntry});
  if (!is_reported_at_entry(call)) image.probes.push_back({offset, call, ProbeAt::kReturn});
}

template <std::size_t size>
void add_c_functions(TlsImage& image, const ElfImage::Functions& found, const std::array<Function, size>& table) {
  for (const Function& function : table) {
    const auto known = found.find(function.name);
    if (known != found.end()) add_c_function(image, known->second.offset, function.call);
  }
}

// The first two of the table must be there: a program that exports one function of such a name is not a library.
template <std::size_t size>
bool has_library(const ElfImage::Functions& found, const std::array<Function, size>& table) {
  return found.contains(table[0].name) && found.contains(table[1].name);
}

// Probes the function by which `plain` and `extended` move data, instead of these.
bool add_inner(TlsImage& image, ElfImage& elf, ElfImage::Functions& found, std::string_view plain,
               std::string_view extended, tr_tls_call call) {
  const auto one = found.find(plain), other = found.find(extended);
  if (one == found.end() || other == found.end()) return false;
  const auto inner = inner_call(elf, one->second, other->second);
  if (!inner) return false;
  add_c_function(image, *inner, call);
  found.erase(one);
  found.erase(other);
  return true;
}

void add_ssl_bio(TlsImage& image, ElfImage& elf, const ElfImage::Functions& found) {
  const auto getter = found.find(kSslBio);
  const auto functions = getter != found.end() ? ssl_bio_functions(elf, getter->second) : std::nullopt;
  if (!functions) return;
  add_c_function(image, functions->read, TR_TLS_BIO_READ);
  add_c_function(image, functions->write, TR_TLS_BIO_WRITE);
  add_c_function(image, functions->control, TR_TLS_BIO_CONTROL);
  add_c_function(image, functions->destroy, TR_TLS_BIO_FREE);
}

bool add_openssl(TlsImage& image, ElfImage& elf, ElfImage::Functions found) {
  if (!has_library(found, kOpenSsl)) return false;
  image.library = "OpenSSL";
  const bool reads = add_inner(image, elf, found, "SSL_read", "SSL_read_ex", TR_TLS_READ_EX);
  const bool writes = add_inner(image, elf, found, "SSL_write", "SSL_write_ex", TR_TLS_WRITE_EX);
  if (!reads || !writes) add_ssl_bio(image, elf, found);  // its functions call the inner ones
  add_c_functions(image, found, kOpenSsl);
  return true;
}

bool add_gnutls(TlsImage& image, const ElfImage::Functions& found) {
  if (!has_library(found, kGnuTls)) return false;
  image.library = "GnuTLS";
  add_c_functions(image, found, kGnuTls);
  return true;
}

void add_go_entry(TlsImage& image, ElfImage& elf, const ElfFunction& function, tr_tls_call call) {
  const std::string code = elf.bytes_at(function.offset, function.bytes);
  image.probes.push_back({function.offset + go_entry_site(code, elf.is_arm64()), call, ProbeAt::kGoEntry});
}

bool add_go_returns(TlsImage& image, ElfImage& elf, const ElfFunction& function, tr_tls_call call) {
  const auto sites = return_sites(elf.bytes_at(function.offset, function.bytes), elf.is_arm64());
  if (!sites || sites->empty()) return false;
  for (const std::uint64_t site : *sites) {
    image.probes.push_back({function.offset + site, call, ProbeAt::kGoReturn});
  }
  return true;
}

void add_go(TlsImage& image, ElfImage& elf, const std::string& version) {
  const ElfImage::Functions found = go_functions(elf, names_of(kGo));
  if (found.count(kGo[0].name) == 0 || found.count(kGo[1].name) == 0) return;
  image.library = "crypto/tls of " + version;
  if (!go_passes_registers(version, elf.is_arm64())) {
    image.problem = "it passes arguments on the stack; Go 1.17 (arm64: 1.18) or newer is needed";
    return;
  }
  for (const Function& function : kGo) {
    const auto known = found.find(function.name);
    if (known == found.end()) continue;
    add_go_entry(image, elf, known->second, function.call);
    if (is_reported_at_entry(function.call)) continue;
    if (add_go_returns(image, elf, known->second, function.call)) continue;
    image.probes.clear();
    image.problem = "its function " + std::string(function.name) + " could not be disassembled";
    return;
  }
}

}  // namespace

TlsImage examine_image(UniqueFd fd, ImageBudget budget) {
  TlsImage image;
  image.left = budget;
  auto elf = ElfImage::open(std::move(fd), budget);
  if (!elf) return image;
  std::set<std::string_view> names = names_of(kOpenSsl);
  names.insert(kSslBio);
  names.merge(names_of(kGnuTls));
  const ElfImage::Functions found = elf->find(names);
  const bool is_c = add_openssl(image, *elf, found) || add_gnutls(image, found);
  if (!is_c) {
    if (const auto version = go_version(*elf)) add_go(image, *elf, printable(*version, 80));
  }
  image.left = elf->file().left();
  if (elf->file().is_exhausted()) {
    image.probes.clear();
    image.problem = "its tables are larger than any program's";
  }
  return image;
}

}  // namespace tracerec::record
