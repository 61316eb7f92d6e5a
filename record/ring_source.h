// Events of the running kernel. The only part of tracerec that knows libbpf.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "record/event_source.h"
#include "record/selection.h"

namespace tracerec::record {

// Where the bytes of sockets are seen (bpf/README.md, Hooks).
enum class Hooks {
  kBest,       // the first of the others that this kernel has
  kTransfers,  // where sockets move them: costs other system calls nothing; x86-64, Linux 6.5 and newer
  kCalls,      // at the end of every system call
};

struct RingSourceOptions {
  Hooks hooks = Hooks::kBest;
  std::vector<std::uint16_t> ports;       // local ports; none: all
  bool tls = true;                        // read the plaintext of TLS libraries that are known
  bool follow_children = true;            // record processes that recorded ones fork
  double sample = 1;                      // the share of connections that is recorded, each whole or not at all
  std::vector<std::string> names;         // programs with these names are recorded from their start on
  std::optional<unsigned> names_of_user;  // ... only when this user runs them (the real user id)
  Cgroup cgroup;                          // likewise those that start in it
  std::size_t memory_bytes = std::size_t{16} << 20;  // of the ring: rounded down to a power of two
};

class RingSource final : public EventSource {
 public:
  // Loads and attaches the probes; no process is recorded yet. Errors say what is missing and what to do: privilege,
  // BTF, a kernel too old.
  [[nodiscard]] static Result<std::unique_ptr<RingSource>> attach(const RingSourceOptions& options);
  ~RingSource() override;

  // Records this process from now on, with all its threads, and (follow_children) its existing descendants.
  [[nodiscard]] Result<void> add_process(std::int64_t pid);

  [[nodiscard]] Result<std::size_t> poll(int timeout_ms, const EventHandler& handle) override;
  [[nodiscard]] bool exhausted() const override;
  // Recorded processes that still run; after detach() those that were recorded at that moment.
  [[nodiscard]] std::vector<std::uint32_t> running() const;

  [[nodiscard]] TlsReading tls_of(std::uint32_t tgid) override;
  void mute(std::uint64_t socket, std::uint64_t inode) override;
  void watch_calls() override;
  void pass_over(std::uint64_t socket, std::uint64_t inode) override;
  [[nodiscard]] bool is_open_elsewhere(std::uint32_t tgid, std::uint64_t inode) const override;
  [[nodiscard]] bool has_room() const override;
  void detach() override;
  [[nodiscard]] SourceCounters counters() const override;
  [[nodiscard]] bool was_overwritten(const tr_file& sent) const override;
  [[nodiscard]] UniqueFd take_unnamed(const tr_file& sent) override;

  // The TLS libraries by which the process is read, for people; empty: none.
  [[nodiscard]] std::string tls_libraries_of(std::uint32_t tgid);

  // Why bytes are seen at the end of every system call, for people; empty: they are seen where sockets move them.
  [[nodiscard]] const std::string& why_calls() const;

  // What could not be attached, although the recording goes on; one line each.
  [[nodiscard]] std::vector<std::string> problems() const;

 private:
  struct Impl;
  explicit RingSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracerec::record
