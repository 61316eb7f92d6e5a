// The function table (.gopclntab) as of Go 1.18 and 1.20 (src/runtime/symtab.go, pcHeader): a header with the number of
// functions, the address of the code and the offsets of the name table and of the function index; the index has pairs
// of (code offset, record offset), 32 bits each, sorted; a record begins with its code offset and its name's offset. Go
// 1.16 and 1.17 have no code address, and addresses and offsets of 64 bits instead.
#include "record/tls/go_binary.h"

#include <algorithm>
#include <charconv>

namespace tracerec::record {
namespace {

constexpr std::string_view kBuildInfoMagic = "\xff Go buildinf:";
constexpr std::uint8_t kInlineStrings = 2;
constexpr std::size_t kInlineAt = 32;

constexpr std::uint32_t kTable116 = 0xfffffffa;
constexpr std::uint32_t kTable118 = 0xfffffff0;
constexpr std::uint32_t kTable120 = 0xfffffff1;

// Of the functions that are looked for, and more.
constexpr std::size_t kMostFunctionNameBytes = 256;

// Until 1.17: the address of a string, which is an address and a length.
std::string version_by_pointer(ElfImage& image, const ElfSection& info) {
  const auto pointer = image.file().number_at<std::uint64_t>(info.offset + 16);
  const auto header = pointer ? image.offset_of(*pointer) : std::nullopt;
  if (!header) return {};
  const auto text = image.file().number_at<std::uint64_t>(*header);
  const auto length = image.file().number_at<std::uint64_t>(*header + 8);
  const auto offset = text ? image.offset_of(*text) : std::nullopt;
  return offset && length && *length < 100 ? image.bytes_at(*offset, *length) : std::string{};
}

class FunctionTable {
 public:
  static std::optional<FunctionTable> open(ElfImage& image) {
    for (const char* name : {".gopclntab", ".data.rel.ro.gopclntab"}) {
      const auto section = image.section(name);
      if (!section) continue;
      FunctionTable table(image.file(), *section);
      if (table.read_header(image)) return table;
    }
    return std::nullopt;
  }

  // Functions in the order of their code; `visit(name, address, bytes)`. Names are cut to kMostFunctionNameBytes.
  template <class Visitor>
  void each(const Visitor& visit) const {
    for (std::uint64_t i = 0; i < count_ && file_->step(); ++i) {
      const auto start = index(2 * i), record = index(2 * i + 1), end = index(2 * i + 2);
      if (!start || !record || !end || *end < *start) return;
      // The record: its code offset (an address of 64 bits until 1.17), then the name's offset.
      const auto name_at = number_at<std::uint32_t>(functions_ + *record + (wide_ ? 8 : 4));
      if (!name_at) return;
      visit(text_at(names_ + *name_at), code_ + *start, *end - *start);
    }
  }

 private:
  FunctionTable(ImageFile& file, const ElfSection& section) : file_(&file), section_(section) {}

  bool read_header(ElfImage& image) {
    const auto magic = number_at<std::uint32_t>(0);
    if (!magic || number_at<std::uint8_t>(7) != 8) return false;
    wide_ = *magic == kTable116;
    if (!wide_ && *magic != kTable118 && *magic != kTable120) return false;
    const auto word = [&](int i) { return number_at<std::uint64_t>(8 + 8 * static_cast<std::uint64_t>(i)); };
    const auto count = word(0), names = word(wide_ ? 2 : 3), functions = word(wide_ ? 6 : 7);
    if (!count || !names || !functions) return false;
    count_ = *count;
    names_ = *names;
    functions_ = *functions;
    if (!wide_) code_ = word(2).value_or(0);
    // A position-independent program's is filled in when it is loaded; newer ones leave it out.
    if (!wide_ && code_ == 0) code_ = image.section(".text").value_or(ElfSection{}).address;
    return true;
  }

  [[nodiscard]] std::optional<std::uint64_t> index(std::uint64_t i) const {
    if (wide_) return number_at<std::uint64_t>(functions_ + 8 * i);
    return number_at<std::uint32_t>(functions_ + 4 * i);
  }

  // Offsets are those in the table; they are the file's to make up, and may wrap around.
  [[nodiscard]] bool has(std::uint64_t offset, std::uint64_t bytes) const {
    return offset <= section_.bytes && bytes <= section_.bytes - offset;
  }

  template <class Number>
  [[nodiscard]] std::optional<Number> number_at(std::uint64_t offset) const {
    return has(offset, sizeof(Number)) ? file_->number_at<Number>(section_.offset + offset) : std::nullopt;
  }

  [[nodiscard]] std::string text_at(std::uint64_t offset) const {
    return has(offset, 1) ? file_->text_at(section_.offset + offset, kMostFunctionNameBytes) : std::string{};
  }

  ImageFile* file_;
  ElfSection section_;
  bool wide_ = false;
  std::uint64_t count_ = 0, names_ = 0, functions_ = 0, code_ = 0;
};

}  // namespace

std::optional<std::string> go_version(ElfImage& image) {
  const auto section = image.section(".go.buildinfo");
  const std::string info = section && section->bytes >= kInlineAt ? image.bytes_at(section->offset, kInlineAt) : "";
  if (info.substr(0, kBuildInfoMagic.size()) != kBuildInfoMagic) return std::nullopt;
  if ((static_cast<std::uint8_t>(info[15]) & kInlineStrings) == 0) return version_by_pointer(image, *section);
  // A varint; no version is longer than one byte's.
  const auto length = image.file().number_at<std::uint8_t>(section->offset + kInlineAt).value_or(0);
  return length < 0x80 ? image.bytes_at(section->offset + kInlineAt + 1, length) : std::string{};
}

bool go_passes_registers(std::string_view version, bool arm64) {
  const std::size_t at = version.find("go1.");
  int minor = 0;
  if (at == std::string_view::npos) return version.substr(0, 5) == "devel";
  std::from_chars(version.data() + at + 4, version.data() + version.size(), minor);
  return minor >= (arm64 ? 18 : 17);
}

ElfImage::Functions go_functions(ElfImage& image, const std::set<std::string_view>& names) {
  ElfImage::Functions found = image.find(names);
  if (!found.empty()) return found;
  const auto table = FunctionTable::open(image);
  if (!table) return found;
  table->each([&](const std::string& name, std::uint64_t address, std::uint64_t bytes) {
    if (names.count(name) == 0) return;
    if (const auto offset = image.offset_of(address)) found.emplace(name, ElfFunction{*offset, bytes});
  });
  return found;
}

}  // namespace tracerec::record
