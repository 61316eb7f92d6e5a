// Why an exchange is not complete, and other remarks about it: the words of its `notes` in the trace file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tracerec::record {

// In the order in which they stand in the text. docs/trace-format.md and evaluate/notes.cc say what each means.
enum class Note : std::uint8_t {
  kOutgoing,
  kHole,
  kHoleInRequest,
  kHoleInResponse,
  kSplice,
  kUnsynced,
  kUpgrade,
  kMaxBody,
  kQueueFull,
  kRequestRefused,
  kResponseRefused,
  kRequestCut,
  kNoResponse,
  kResponseCut,
  kOpenEnded,
  kWithheld,
  kReencoded,
  kRedacted,
  kCount
};

// A set. Memory: one word, and the files of a body that sendfile sent, at most kMaxFiles of them.
class ExchangeNotes {
 public:
  static constexpr std::size_t kMaxFiles = 16;

  void add(Note note) { bits_ |= 1U << static_cast<unsigned>(note); }
  [[nodiscard]] bool has(Note note) const { return (bits_ >> static_cast<unsigned>(note) & 1U) != 0; }

  // Whether bytes of a message are missing.
  [[nodiscard]] bool has_hole() const {
    return has(Note::kHole) || has(Note::kHoleInRequest) || has(Note::kHoleInResponse);
  }

  // "sendfile:inode=…". Beyond kMaxFiles: "sendfile:more", once.
  void add_file(std::string_view file);

  // Comma separated, each word once; empty: none.
  [[nodiscard]] std::string text() const;

 private:
  std::uint32_t bits_ = 0;
  std::vector<std::string> files_;
};

}  // namespace tracerec::record
