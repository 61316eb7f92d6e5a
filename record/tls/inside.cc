#include "record/tls/inside.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>

#include "record/tls/elf_image.h"
#include "record/tls/process_images.h"

namespace tracerec::record {
namespace {

constexpr std::size_t kMostPrograms = 64;

// "…/rustls-0.23.40/src/…", as cargo names the folder of a crate.
bool is_rustls(std::string_view text) {
  constexpr std::string_view kCrate = "rustls-";
  constexpr std::size_t kMostVersionBytes = 32;
  if (text.substr(0, kCrate.size()) != kCrate) return false;
  text = text.substr(kCrate.size(), kMostVersionBytes);
  const std::size_t end = text.find_first_not_of("0123456789.");
  return end != 0 && end != std::string_view::npos && text.substr(end, 5) == "/src/";
}

void look_at(std::string_view text, std::set<std::string>& names) {
  using namespace std::string_view_literals;
  constexpr auto kOpenSslFile = "ssl/ssl_lib.c\0"sv, kBoringSslFile = "ssl/ssl_lib.cc\0"sv;
  if (is_rustls(text)) names.insert("rustls");
  if (text.substr(0, kOpenSslFile.size()) == kOpenSslFile) names.insert("OpenSSL");
  if (text.substr(0, kBoringSslFile.size()) == kBoringSslFile) names.insert("BoringSSL");
}

void search(std::string_view text, std::set<std::string>& names) {
  for (const std::string_view sign : {"rustls-", "ssl/ssl_lib.c"}) {
    for (std::size_t at = 0; (at = text.find(sign, at)) != std::string_view::npos; ++at) {
      look_at(text.substr(at), names);
    }
  }
}

std::string joined(const std::set<std::string>& names, bool has_symbols) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : " and ") + name + (has_symbols || name == "rustls" ? "" : " without symbols");
  }
  return text;
}

}  // namespace

std::string name_tls_inside(UniqueFd program, ImageBudget& budget) {
  constexpr std::uint64_t kPiece = ElfImage::kMostBytes, kOverlap = 64;
  auto image = ElfImage::open(std::move(program), budget);
  if (!image) return {};
  const ElfSection texts = image->section(".rodata").value_or(ElfSection{});
  std::set<std::string> names;
  for (std::uint64_t at = 0; at < texts.bytes; at += kPiece - kOverlap) {
    const std::string piece = image->bytes_at(texts.offset + at, std::min(kPiece, texts.bytes - at));
    if (piece.empty()) break;  // the file, or the budget, ends
    search(piece, names);
  }
  const bool has_symbols = image->find({"SSL_read", "SSL_write"}).size() == 2;
  budget = image->file().left();
  return joined(names, has_symbols);
}

std::string TlsInside::of(std::uint32_t tgid) {
  std::error_code error;
  const std::string program = std::filesystem::read_symlink("/proc/" + std::to_string(tgid) + "/exe", error).string();
  for (const ProcessImage& image : process_images(tgid)) {
    if (image.path != program) continue;
    const auto known = known_.find({image.device, image.inode});
    if (known != known_.end()) return known->second;
    auto file = open_image(tgid, image, helper_);
    if (!file || known_.size() == kMostPrograms) return {};
    return known_[{image.device, image.inode}] = name_tls_inside(std::move(*file), left_);
  }
  return {};
}

}  // namespace tracerec::record
