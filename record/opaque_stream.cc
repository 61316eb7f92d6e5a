#include "record/opaque_stream.h"

#include <utility>

namespace tracerec::record {
namespace {

constexpr std::uint64_t kKeepBytes = 64 << 10;
constexpr std::size_t kRowBytes = 16 << 10;

}  // namespace

void OpaqueStream::start(std::string_view reason) {
  if (active_) return;
  active_ = true;
  reason_ = reason;
}

void OpaqueStream::append(std::string_view bytes, std::uint64_t position, std::int64_t time_ns, const Origin& origin) {
  const std::string_view kept = bytes.substr(0, kKeepBytes - kept_bytes_);
  if (kept.size() < bytes.size()) origin.sink.skip(Skip::kOpaqueLimit, bytes.size() - kept.size());
  if (kept.empty()) return;
  if (bytes_.empty()) {
    position_ = position;
    time_ns_ = time_ns;
  }
  bytes_.append(kept);
  kept_bytes_ += kept.size();
  if (bytes_.size() >= kRowBytes) store_row(origin.sink.opaque_row_bytes(bytes_), origin);
}

void OpaqueStream::flush(const Origin& origin) {
  if (!bytes_.empty()) store_row(bytes_.size(), origin);
}

// The first `bytes` of what is gathered; the rest begins the next row.
void OpaqueStream::store_row(std::size_t bytes, const Origin& origin) {
  schema::Opaque row;
  row.from_client = origin.from_client;
  row.position = position_;
  row.at_unix_ns = origin.sink.to_unix_ns(time_ns_);
  row.reason = reason_;
  std::string rest = bytes_.substr(bytes);
  bytes_.resize(bytes);
  row.bytes = std::exchange(bytes_, std::move(rest));
  position_ += bytes;
  origin.sink.store_opaque(std::move(row), lines_, origin.connection, origin.stored);
}

}  // namespace tracerec::record
