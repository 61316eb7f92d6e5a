#include "record/event_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>

#include "base/option_file.h"
#include "base/owner.h"
#include "base/unique_fd.h"

namespace tracerec::record {
namespace {

constexpr char kMagic[] = "TREV0003";
constexpr std::size_t kMagicBytes = sizeof kMagic - 1;
constexpr std::uint8_t kEndKind = 0;
constexpr std::size_t kFirstCountersBytes = 128;  // of files written before passed_bytes was counted

std::string why() {
  return std::generic_category().message(errno);
}

}  // namespace

// Never a file that is there: it holds secrets, and another user may have prepared it.
Result<std::unique_ptr<EventFileWriter>> EventFileWriter::create(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid())
    return Error{"cannot create " + path + ": " + why() + (errno == EEXIST ? "; remove it, or name another" : "")};
  give_to_invoking_user(fd.get());
  std::unique_ptr<EventFileWriter> writer(new EventFileWriter(::fdopen(fd.release(), "wb"), path));
  std::fwrite(kMagic, 1, kMagicBytes, writer->file_.get());
  return writer;
}

EventFileWriter::EventFileWriter(std::FILE* file, std::string path)
    : file_(file), path_(std::move(path)), address_mask_(std::random_device{}() | std::uint64_t{1} << 63) {}

void EventFileWriter::write(const Event& event) {
  tr_event header = event.header;
  if (header.socket != 0) header.socket ^= address_mask_ * 0x9e3779b97f4a7c15U;
  std::fwrite(&header, sizeof header, 1, file_.get());
  std::fwrite(event.payload.data(), 1, event.payload.size(), file_.get());
}

Result<void> EventFileWriter::finish(const SourceCounters& counters) {
  tr_event end{};
  end.kind = kEndKind;
  std::fwrite(&end, sizeof end, 1, file_.get());
  std::fwrite(&counters, sizeof counters, 1, file_.get());
  if (std::fflush(file_.get()) != 0 || std::ferror(file_.get()) != 0)
    return Error{"cannot write " + path_ + ": " + why()};
  return {};
}

void EventFileWriter::discard() {
  ::unlink(path_.c_str());
}

Result<std::unique_ptr<EventFileSource>> EventFileSource::open(const std::string& path) {
  auto bytes = read_option_file(path, SIZE_MAX, Pipes::kRefuse);
  if (!bytes) return Error{"cannot read " + path + ": " + bytes.error().message};
  if (bytes->compare(0, kMagicBytes, kMagic) != 0) return Error{path + " is not a tracerec event file"};
  std::unique_ptr<EventFileSource> source(new EventFileSource(path, std::move(*bytes)));
  source->position_ = kMagicBytes;
  return source;
}

Result<std::size_t> EventFileSource::poll(int, const EventHandler& handle) {
  std::size_t count = 0;
  if (exhausted()) return count;
  while (position_ + sizeof(tr_event) <= bytes_.size()) {
    tr_event header;
    std::memcpy(&header, bytes_.data() + position_, sizeof header);
    position_ += sizeof header;
    const std::size_t rest = bytes_.size() - position_;
    if (header.kind == kEndKind && (rest == sizeof counters_ || rest == kFirstCountersBytes)) {
      std::memcpy(&counters_, bytes_.data() + position_, rest);
      position_ = bytes_.size();
      return count;
    }
    const std::size_t length = payload_bytes(header);
    if (length > bytes_.size() - position_) break;
    handle(Event{header, std::string_view(bytes_).substr(position_, length)});
    position_ += length;
    ++count;
  }
  position_ = bytes_.size();
  return Error{path_ + " ends in the middle of an event: it was cut or is damaged"};
}

}  // namespace tracerec::record
