#include "replay/run_ledger.h"

namespace tracerec::replay {
namespace {

std::uint64_t sum(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t total = 0;
  for (const auto& [key, count] : counts) total += count;
  return total;
}

}  // namespace

void RunLedger::skip(const char* key, std::uint64_t exchanges) {
  if (exchanges != 0) skipped_[key] += exchanges;
}

void RunLedger::succeed(std::uint64_t request_bytes, std::uint64_t response_bytes) {
  sent_.bytes += request_bytes;
  ++answered_.count;
  answered_.bytes += response_bytes;
}

void RunLedger::fail(const std::string& reason, std::uint64_t request_bytes) {
  sent_.bytes += request_bytes;
  ++failed_["failed." + reason];
}

std::uint64_t RunLedger::skipped() const {
  return sum(skipped_);
}
std::uint64_t RunLedger::failed() const {
  return sum(failed_);
}

Result<void> RunLedger::check() const {
  const auto differ = [](const char* name, std::uint64_t whole, const char* parts, std::uint64_t total) {
    return Error{std::string("the ledger does not balance: ") + name + " " + std::to_string(whole) + ", " + parts +
                 " " + std::to_string(total) + "; please report this"};
  };
  if (planned_ != sent_.count + skipped())
    return differ("planned", planned_, "sent and skipped", sent_.count + skipped());
  if (sent_.count != answered_.count + failed()) {
    return differ("sent", sent_.count, "answered and failed", answered_.count + failed());
  }
  return {};
}

schema::Ledger RunLedger::entries() const {
  schema::Ledger entries = {
      {"planned", planned_, 0}, {"sent", sent_.count, sent_.bytes}, {"answered", answered_.count, answered_.bytes}};
  for (const auto& [key, count] : skipped_) entries.push_back({key, count, 0});
  for (const auto& [key, count] : failed_) entries.push_back({key, count, 0});
  for (const auto& [key, count] : notes_) entries.push_back({key, count, 0});
  return entries;
}

}  // namespace tracerec::replay
