// What the kernel side tells besides plain bytes: ranges of files that were sent or spliced through a pipe, TLS
// sessions beside the ciphertext of their connections. Every byte is in the ledger, and of each file range it is known
// what became of it. Input: 'p' when TLS libraries are read, else any letter; then steps with zero bytes between:
//   s the connection 0…3 is chosen     I, O these bytes come in, go out        c it is over
//   F a range of a file is sent: two numbers, offset and length (times 16)     u the same of a file that is another one
//   T, U the same into and out of the pipe · v somebody else writes to the pipe · w reads from it
//   i, o these bytes are moved in the chosen connection's TLS session, a, b its ends, f it is freed
//   h a ClientHello comes in, r a record goes out     e the process ends       d a damaged file event
// A number is a character, less '0'.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <string>

#include "fuzz.h"
#include "record/openat2.h"
#include "record/rig.h"
#include "testing/events.h"
#include "testing/temp_dir.h"

namespace tracerec::fuzz {
namespace {

using testing::FakeConnection;

constexpr std::size_t kFileBytes = 3000;
constexpr std::uint64_t kPipe = 77;

// A file of ours that starts with a response, and what the kernel would say of it.
class SentFile {
 public:
  SentFile() {
    std::string content = "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n";
    content.resize(kFileBytes, 'f');
    std::ofstream(path_) << content;
    struct stat file {};
    struct statfs system {};
    FUZZ_CHECK(::stat(path_.c_str(), &file) == 0 && ::statfs(path_.c_str(), &system) == 0);
    facts_.inode = file.st_ino;
    facts_.size = kFileBytes;
    facts_.mtime_ns = ns_of(file.st_mtim);
    facts_.ctime_ns = ns_of(file.st_ctim);
    facts_.fd = -1;
    facts_.links = 1;
    facts_.where.device = major(file.st_dev) << 20U | minor(file.st_dev);
    facts_.where.magic = static_cast<std::uint32_t>(system.f_type);
    facts_.where.user_namespace = 0xEFFFFFFD;
  }

  [[nodiscard]] const tr_file& facts() const { return facts_; }

  // From the last name to the first, each with a zero after it (bpf/wire.h).
  [[nodiscard]] std::string names() const {
    std::string names;
    for (std::string rest = path_; !rest.empty();) {
      const std::size_t slash = rest.rfind('/');
      names += rest.substr(slash + 1) + '\0';
      rest.resize(slash == std::string::npos ? 0 : slash);
    }
    return names;
  }

 private:
  static std::uint64_t ns_of(const timespec& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
  }

  testing::TempDir folder_;
  std::string path_ = folder_.file("page");
  tr_file facts_{};
};

// The plaintext of a connection: positions from 0, an identity of its own.
struct Session {
  std::array<std::uint64_t, 2> moved{};

  FakeConnection::Stored event(std::uint64_t number, tr_kind kind, tr_direction direction, std::string_view bytes) {
    FakeConnection::Stored stored{{}, std::string(bytes)};
    tr_event& header = stored.header;
    header.kind = static_cast<std::uint8_t>(kind);
    header.direction = static_cast<std::uint8_t>(direction);
    header.flags = static_cast<std::uint16_t>(TR_TLS | (moved[0] + moved[1] == 0 ? TR_FIRST : 0));
    header.socket = 0x8000000000000000U | number;
    header.length = static_cast<std::uint32_t>(bytes.size());
    header.position = moved[direction];
    header.tgid = 100;
    header.fd = -1;
    moved[direction] += bytes.size();
    header.position_in = moved[TR_IN];
    header.position_out = moved[TR_OUT];
    return stored;
  }
};

std::uint64_t number_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at] - '0') : 0;
}

class Steps {
 public:
  Steps() {
    GTEST_FLAG_SET(throw_on_failure, true);
    // A file that was changed when it was sent, or later, is not taken. The rig's clock says 0 at boot.
    for (FakeConnection& one : connections_) one.time_ns = file().facts().ctime_ns + 1'000'000'000;
  }

  void read_tls() { rig_.source.reading = record::TlsReading::kPlaintext; }

  void run(std::string_view step) {
    if (step.empty()) return;
    const std::string_view text = step.substr(1);
    if (step[0] == 's') chosen_ = number_at(step, 1) % connections_.size();
    if (step[0] == 'e') end_process();
    run_bytes(step[0], text);
    run_file(step[0], number_at(text, 0) * 16, number_at(text, 1) * 16);
    run_session(step[0], text);
  }

  void finish() {
    rig_.finish();
    const record::FetchCounts& fetched = rig_.recorder.fetched();
    FUZZ_CHECK(fetched.bytes + fetched.refused_bytes + fetched.spliced_bytes == file_bytes_);
    for (const schema::Exchange& row : rig_.store.exchanges) {
      if (!row.complete) continue;
      FUZZ_CHECK(row.request_body.wire_bytes == row.request_body.bytes.size());
      FUZZ_CHECK(row.response_body.wire_bytes == row.response_body.bytes.size());
    }
  }

 private:
  void run_bytes(char letter, std::string_view text) {
    static constexpr std::string_view kHello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
    if (letter == 'I') feed(tcp().in(text));
    if (letter == 'O') feed(tcp().out(text));
    if (letter == 'h') feed(tcp().in(kHello));
    if (letter == 'r') feed(tcp().out("\x17\x03\x03"));
    if (letter == 'c') feed(tcp().close());
  }

  void run_file(char letter, std::uint64_t offset, std::uint64_t bytes) {
    const auto pages = static_cast<std::uint32_t>((offset % 4096 + bytes + 4095) / 4096);
    if (letter == 'v') ++head_;
    if (letter == 'w') ++tail_;
    if (letter == 'T') head_ += pages;
    if (letter == 'U') tail_ += pages;
    if (letter == 'F' || letter == 'u') send_file_and_check(offset, bytes, letter == 'u');
    if (letter == 'T') send_file(offset, bytes, TR_TO_PIPE, false);
    if (letter == 'U') send_file(offset, bytes, TR_FROM_PIPE, false);
    if (letter == 'd') feed_file(std::string(static_cast<std::size_t>(offset % 96), 'd'), 0, 0);
  }

  void run_session(char letter, std::string_view text) {
    Session& session = sessions_[chosen_];
    if (letter == 'i') feed(session.event(chosen_, TR_DATA, TR_IN, text));
    if (letter == 'o') feed(session.event(chosen_, TR_DATA, TR_OUT, text));
    if (letter == 'a') end_session(TR_END_IN);
    if (letter == 'b') end_session(TR_END_OUT);
    if (letter == 'f') end_session(TR_END_IN | TR_END_OUT);
  }

  void end_session(int flags) {
    FakeConnection::Stored end = sessions_[chosen_].event(chosen_, TR_END, TR_OUT, {});
    end.header.flags |= static_cast<std::uint16_t>(flags);
    feed(end);
  }

  void end_process() {
    FakeConnection::Stored event = tcp().open();
    event.header.kind = TR_EXIT;
    feed(event);
  }

  static const SentFile& file() {
    static const SentFile kFile;
    return kFile;
  }

  // What is in the file is fetched, and nothing of another one. (Of connections that are passed over, nothing need be.)
  void send_file_and_check(std::uint64_t offset, std::uint64_t bytes, bool is_other) {
    const record::FetchCounts before = rig_.recorder.fetched();
    const std::uint64_t passed_over_before = rig_.skipped(record::Skip::kOutgoing);
    send_file(offset, bytes, 0, is_other);
    const std::uint64_t fetched = rig_.recorder.fetched().bytes - before.bytes;
    static const bool kReads = record::has_openat2();
    if (kReads && !is_other && offset + bytes <= kFileBytes) FUZZ_CHECK(fetched == bytes);
    FUZZ_CHECK(!is_other || fetched == rig_.skipped(record::Skip::kOutgoing) - passed_over_before);
  }

  void send_file(std::uint64_t offset, std::uint64_t bytes, int flags, bool is_other) {
    tr_file sent = file().facts();
    sent.offset = offset;
    sent.bytes = bytes;
    sent.inode += is_other ? 1 : 0;
    sent.pipe = kPipe;
    sent.pipe_head = head_;
    sent.pipe_tail = tail_;
    const std::string names = file().names();
    sent.path_bytes = static_cast<std::uint32_t>(names.size());
    std::string payload(reinterpret_cast<const char*>(&sent), sizeof sent);
    feed_file(payload + names, bytes, flags);
  }

  // `bytes` of the connection's output, unless they go into a pipe.
  void feed_file(std::string payload, std::uint64_t bytes, int flags) {
    FakeConnection::Stored event = tcp().out({});
    event.header.kind = TR_FILE;
    event.header.flags |= static_cast<std::uint16_t>(flags);
    event.header.tgid = static_cast<std::uint32_t>(::getpid());
    event.header.length = static_cast<std::uint32_t>(payload.size());
    event.payload = std::move(payload);
    if (flags != TR_TO_PIPE) {
      file_bytes_ += bytes;
      tcp().miss_out(static_cast<std::uint32_t>(bytes));
    }
    feed(event);
  }

  FakeConnection& tcp() { return connections_[chosen_]; }
  void feed(const FakeConnection::Stored& event) { rig_.feed(event); }

  record::Rig rig_;
  std::array<FakeConnection, 4> connections_{FakeConnection(1), FakeConnection(2, 0), FakeConnection(3),
                                             FakeConnection(4, 7)};
  std::array<Session, 4> sessions_{};
  std::size_t chosen_ = 0;
  std::uint32_t head_ = 0xfffffff0, tail_ = 0xfffffff0;
  std::uint64_t file_bytes_ = 0;
};

}  // namespace

void fuzz_one(std::string_view input) {
  Steps steps;
  if (input.starts_with('p')) steps.read_tls();
  for (input.remove_prefix(std::min<std::size_t>(1, input.size())); !input.empty();) steps.run(take_until(input, '\0'));
  steps.finish();
}

}  // namespace tracerec::fuzz
