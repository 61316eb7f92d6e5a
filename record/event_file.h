// Raw kernel events in a file: to look at what the kernel side sent, and to run the recorder without a kernel.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "record/event_source.h"

namespace tracerec::record {

// The file: "TREV0003", then per event the struct tr_event of bpf/wire.h and its payload (payload_bytes); at the end a
// struct tr_counters after an event of kind 0. Machine byte order; for the machine that wrote it. Kernel addresses
// (`socket`) are masked with a random number: equal ones stay equal, none leaves the machine. Payloads are what was
// moved: nothing is replaced in them.
class EventFileWriter {
 public:
  // A new file with mode 0600. Error: it cannot be made, or something of that name is there.
  [[nodiscard]] static Result<std::unique_ptr<EventFileWriter>> create(const std::string& path);

  void write(const Event& event);

  // Ends the file. Error: something could not be written.
  [[nodiscard]] Result<void> finish(const SourceCounters& counters);

  // Removes the file: there was nothing to write. No more calls but the destructor.
  void discard();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  EventFileWriter(std::FILE* file, std::string path);

  std::unique_ptr<std::FILE, Closer> file_;
  std::string path_;
  std::uint64_t address_mask_;
};

// Plays such a file back. Everything comes out of the first poll.
class EventFileSource final : public EventSource {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EventFileSource>> open(const std::string& path);

  [[nodiscard]] Result<std::size_t> poll(int timeout_ms, const EventHandler& handle) override;
  [[nodiscard]] bool exhausted() const override { return position_ == bytes_.size(); }
  void detach() override {}
  [[nodiscard]] SourceCounters counters() const override { return counters_; }

 private:
  EventFileSource(std::string path, std::string bytes) : path_(std::move(path)), bytes_(std::move(bytes)) {}

  std::string path_;
  std::string bytes_;
  std::size_t position_ = 0;
  SourceCounters counters_{};
};

// Passes a source through and writes down what came by. Both must outlive it.
class TeeSource final : public EventSource {
 public:
  TeeSource(EventSource& source, EventFileWriter& writer) : source_(source), writer_(writer) {}

  [[nodiscard]] Result<std::size_t> poll(int timeout_ms, const EventHandler& handle) override {
    return source_.poll(timeout_ms, [&](const Event& event) {
      writer_.write(event);
      handle(event);
    });
  }
  [[nodiscard]] bool exhausted() const override { return source_.exhausted(); }
  [[nodiscard]] TlsReading tls_of(std::uint32_t tgid) override { return source_.tls_of(tgid); }
  void mute(std::uint64_t socket, std::uint64_t inode) override { source_.mute(socket, inode); }
  void watch_calls() override { source_.watch_calls(); }
  void pass_over(std::uint64_t socket, std::uint64_t inode) override { source_.pass_over(socket, inode); }
  [[nodiscard]] bool is_open_elsewhere(std::uint32_t tgid, std::uint64_t inode) const override {
    return source_.is_open_elsewhere(tgid, inode);
  }
  [[nodiscard]] bool has_room() const override { return source_.has_room(); }
  void detach() override { source_.detach(); }
  [[nodiscard]] SourceCounters counters() const override { return source_.counters(); }
  [[nodiscard]] bool was_overwritten(const tr_file& sent) const override { return source_.was_overwritten(sent); }
  [[nodiscard]] UniqueFd take_unnamed(const tr_file& sent) override { return source_.take_unnamed(sent); }

 private:
  EventSource& source_;
  EventFileWriter& writer_;
};

}  // namespace tracerec::record
