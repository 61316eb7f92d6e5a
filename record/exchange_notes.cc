#include "record/exchange_notes.h"

#include <algorithm>
#include <array>

namespace tracerec::record {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Note::kCount)> kWords = {
    "outgoing",    "hole",         "hole_in_request", "hole_in_response", "splice",           "unsynced",
    "upgrade",     "max_body",     "queue_full",      "request_refused",  "response_refused", "request_cut",
    "no_response", "response_cut", "open_ended",      "withheld",         "reencoded",        "redacted"};
constexpr std::string_view kMoreFiles = "sendfile:more";

void append_word(std::string& text, std::string_view word) {
  if (!text.empty()) text += ',';
  text += word;
}

}  // namespace

void ExchangeNotes::add_file(std::string_view file) {
  if (files_.size() > kMaxFiles || std::find(files_.begin(), files_.end(), file) != files_.end()) return;
  files_.emplace_back(files_.size() < kMaxFiles ? file : kMoreFiles);
}

std::string ExchangeNotes::text() const {
  std::string text;
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if ((bits_ >> i & 1U) != 0) append_word(text, kWords[i]);
  }
  for (const std::string& file : files_) append_word(text, file);
  return text;
}

}  // namespace tracerec::record
