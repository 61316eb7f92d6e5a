// Entries of a file into a recording: secrets replaced, connections made, every entry stored or counted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "base/error.h"
#include "convert/draft.h"
#include "redact/redactor.h"
#include "schema/batch_writer.h"

namespace tracerec::convert {

struct ImportCounts {
  std::uint64_t exchanges = 0;
  std::uint64_t incomplete = 0;
  std::map<std::string, std::uint64_t> skipped{};        // entries by reason
  std::map<std::string, std::uint64_t> incomplete_by{};  // exchanges by the word of their notes
  std::map<std::string, std::uint64_t> hosts{};          // exchanges by host; the first kMostHosts
  std::string first_unreadable{};                        // "entry 7: …"

  static constexpr std::size_t kMostHosts = 1000;
  [[nodiscard]] std::uint64_t entries() const;
};

// What add() takes it with.
struct ImportTarget {
  schema::BatchWriter& writer;  // with a recording that has begun
  schema::RowId recording_id = 0;
  schema::NextIds next;
  std::int64_t now_unix_ns = 0;          // stands for the time of a first entry that has none
  redact::Redactor* redactor = nullptr;  // nullptr: secrets are kept
};

// One recording, one thread. What it is given outlives it.
class Import {
 public:
  explicit Import(const ImportTarget& target) : target_(target), last_start_unix_ns_(target.now_unix_ns) {}

  // Stores or counts an entry. Error: the disk refused.
  [[nodiscard]] Result<void> add(Entry&& entry);

  [[nodiscard]] const ImportCounts& counts() const { return counts_; }
  // Of the latest exchange: when its response ended.
  [[nodiscard]] std::int64_t ended_unix_ns() const { return ended_unix_ns_; }

  // Once, when all is written (BatchWriter::flush). Error: what was made is not what is in the file.
  [[nodiscard]] Result<schema::Ledger> ledger() const;

 private:
  struct Connection {
    schema::RowId id = 0;
    std::int64_t next_seq = 0;
    std::int64_t ended_unix_ns = 0;
  };
  [[nodiscard]] Result<void> submit(schema::Command&& command);
  [[nodiscard]] Result<void> store(Draft&& draft);
  [[nodiscard]] Result<Connection*> connect(const Draft& draft);
  void redact(schema::Exchange& row);
  void count(const Draft& draft);
  void skip(const Skipped& skipped);

  ImportTarget target_;
  ImportCounts counts_;
  std::unordered_map<std::string, Connection> connections_;
  Connection single_;  // of the exchange that has one of its own
  std::int64_t last_start_unix_ns_;
  std::int64_t ended_unix_ns_ = 0;
  std::uint64_t made_bytes_ = 0;
  std::uint64_t withheld_bytes_ = 0, withheld_ = 0;
  std::uint64_t reencoded_ = 0, reencoded_before_bytes_ = 0, reencoded_after_bytes_ = 0;
  redact::Replaced replaced_;
};

}  // namespace tracerec::convert
