#include "record/memory_limit.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

namespace tracerec::record {
namespace {

namespace fs = std::filesystem;

// Version 1 says "no limit" by the largest number of whole pages.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;

// "max" is none.
std::optional<std::uint64_t> limit_in(const fs::path& file) {
  std::ifstream stream(file);
  std::string text;
  std::uint64_t bytes = 0;
  if (!(stream >> text)) return std::nullopt;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (failed != std::errc{} || end != text.data() + text.size() || bytes >= kNoLimit) return std::nullopt;
  return bytes;
}

void take_smaller(std::optional<std::uint64_t>& smallest, std::optional<std::uint64_t> other) {
  if (other) smallest = std::min(*other, smallest.value_or(UINT64_MAX));
}

// In a container the path may be that of the host, of which only the container's own group is mounted: the root.
std::optional<std::uint64_t> smallest_up(const fs::path& root, const std::string& group, const char* file) {
  std::optional<std::uint64_t> smallest;
  for (fs::path below = fs::path(group).relative_path(); !below.empty(); below = below.parent_path()) {
    take_smaller(smallest, limit_in(root / below / file));
  }
  take_smaller(smallest, limit_in(root / file));
  return smallest;
}

bool names_memory(const std::string& controllers) {
  return ("," + controllers + ",").find(",memory,") != std::string::npos;
}

}  // namespace

std::optional<std::uint64_t> memory_limit(const std::string& groups, const std::string& own) {
  std::ifstream lines(own);
  std::optional<std::uint64_t> smallest;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (controllers.empty()) {
      take_smaller(smallest, smallest_up(groups, group, "memory.max"));
    } else if (names_memory(controllers)) {
      take_smaller(smallest, smallest_up(fs::path(groups) / "memory", group, "memory.limit_in_bytes"));
    }
  }
  return smallest;
}

std::uint64_t default_memory(std::optional<std::uint64_t> limit) {
  constexpr std::uint64_t kLeast = std::uint64_t{16} << 20, kUsual = std::uint64_t{64} << 20;
  return limit ? std::clamp(*limit / 4, kLeast, kUsual) : kUsual;
}

}  // namespace tracerec::record
