#include "record/tls/image_file.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tracerec::record {

ImageFile::ImageFile(UniqueFd fd, ImageBudget budget) : fd_(std::move(fd)), left_(budget), cache_(kCacheBlocks) {}

bool ImageFile::step() {
  if (left_.steps == 0) exhausted_ = true;
  if (exhausted_) return false;
  --left_.steps;
  return true;
}

const ImageFile::Block* ImageFile::block(std::uint64_t index) {
  Block& slot = cache_[index % kCacheBlocks];
  if (slot.index == index) return &slot;
  if (left_.read_blocks == 0) exhausted_ = true;
  if (exhausted_ || index > INT64_MAX / kBlockBytes - 1) return nullptr;
  --left_.read_blocks;
  if (!slot.bytes) slot.bytes = std::make_unique<char[]>(kBlockBytes);
  const ssize_t got = ::pread(fd_.get(), slot.bytes.get(), kBlockBytes, static_cast<off_t>(index * kBlockBytes));
  slot.index = index;
  slot.filled = got > 0 ? static_cast<std::size_t>(got) : 0;
  return &slot;
}

bool ImageFile::read(std::uint64_t offset, void* to, std::size_t bytes) {
  auto* next = static_cast<char*>(to);
  while (bytes > 0) {
    const Block* piece = block(offset / kBlockBytes);
    const std::size_t start = offset % kBlockBytes;
    if (piece == nullptr || start >= piece->filled) return false;
    const std::size_t count = std::min(bytes, piece->filled - start);
    std::memcpy(next, piece->bytes.get() + start, count);
    next += count;
    offset += count;
    bytes -= count;
  }
  return true;
}

std::string ImageFile::text_at(std::uint64_t offset, std::size_t most) {
  std::string text;
  while (text.size() < most) {
    const Block* piece = block(offset / kBlockBytes);
    const std::size_t start = offset % kBlockBytes;
    if (piece == nullptr || start >= piece->filled) break;
    const std::size_t count = std::min(most - text.size(), piece->filled - start);
    const char* from = piece->bytes.get() + start;
    const auto* zero = static_cast<const char*>(std::memchr(from, '\0', count));
    text.append(from, zero == nullptr ? count : static_cast<std::size_t>(zero - from));
    if (zero != nullptr) break;
    offset += count;
  }
  return text;
}

}  // namespace tracerec::record
