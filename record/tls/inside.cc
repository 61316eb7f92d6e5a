#include "record/tls/inside.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/text.h"
#include "record/tls/elf_image.h"

namespace tracerec::record {
namespace {

constexpr std::size_t kMostFiles = 1024;

std::string base_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

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
  if (text.substr(0, kOpenSslFile.size()) == kOpenSslFile) names.insert("OpenSSL without symbols");
  if (text.substr(0, kBoringSslFile.size()) == kBoringSslFile) names.insert("BoringSSL without symbols");
}

void search(std::string_view text, std::set<std::string>& names) {
  for (const std::string_view sign : {"rustls-", "ssl/ssl_lib.c"}) {
    for (std::size_t at = 0; (at = text.find(sign, at)) != std::string_view::npos; ++at) {
      look_at(text.substr(at), names);
    }
  }
}

// With symbols they are probed; where that failed, a line of its own says why.
void forget_what_has_symbols(ElfImage& image, std::set<std::string>& names) {
  if (names.empty() || image.find({"SSL_read", "SSL_write"}).size() < 2) return;
  names.erase("OpenSSL without symbols");
  names.erase("BoringSSL without symbols");
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " and ") + name;
  return text;
}

// The program, then its libraries.
std::vector<ProcessImage> images_of(std::uint32_t tgid) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(tgid) + "/exe", error).string();
  std::vector<ProcessImage> images = process_images(tgid);
  std::stable_partition(images.begin(), images.end(), [&](const ProcessImage& one) { return one.path == program; });
  return images;
}

}  // namespace

std::string name_tls_inside(UniqueFd file, ImageBudget& budget) {
  constexpr std::uint64_t kPiece = ElfImage::kMostBytes, kOverlap = 64;
  auto image = ElfImage::open(std::move(file), budget);
  if (!image) return {};
  const ElfSection texts = image->section(".rodata").value_or(ElfSection{});
  std::set<std::string> names;
  for (std::uint64_t at = 0; at < texts.bytes; at += kPiece - kOverlap) {
    const std::string piece = image->bytes_at(texts.offset + at, std::min(kPiece, texts.bytes - at));
    if (piece.empty()) break;  // the file, or the budget, ends
    search(piece, names);
  }
  forget_what_has_symbols(*image, names);
  budget = image->file().left();
  return joined(names);
}

std::string TlsInside::of(std::uint32_t tgid) {
  for (const ProcessImage& image : images_of(tgid)) {
    const std::string& names = names_in(tgid, image);
    if (!names.empty()) return names + ", inside of " + printable(base_name(image.path), 80) + ",";
  }
  return {};
}

const std::string& TlsInside::names_in(std::uint32_t tgid, const ProcessImage& image) {
  static const std::string kNone;
  const auto known = known_.find({image.device, image.inode});
  if (known != known_.end()) return known->second;
  if (known_.size() == kMostFiles) return kNone;
  auto file = open_image(tgid, image, helper_);
  return known_[{image.device, image.inode}] = file ? name_tls_inside(std::move(*file), left_) : "";
}

}  // namespace tracerec::record
