#include "evaluate/notes.h"

#include <utility>

#include "base/text.h"

namespace tracerec::evaluate {
namespace {

constexpr std::pair<std::string_view, const char*> kMeanings[] = {
    {"hole", "bytes of this connection are missing, and where the exchange ended is not certain"},
    {"hole_in_request", "bytes of the request are missing; the recording's ledger says why (lost.…)"},
    {"hole_in_response", "bytes of the response are missing; the recording's ledger says why (lost.…)"},
    {"splice", "splice(2) moved them from socket to socket, past the buffers of the process"},
    {"queue_full", "a body came faster than the disk took it; its first part is here (--memory is the queue)"},
    {"max_body", "a body is longer than --max-body; its first part is here"},
    {"no_response", "no response was seen before the connection or the recording ended"},
    {"open_ended", "a stream of events that was still running; replay compares its beginning (docs/replay.md)"},
    {"outgoing", "a call that the recorded process made to others; it is not replayed"},
    {"redacted", "secrets were replaced by pseudonyms of the same shape"},
    {"reencoded",
     "a compressed body was packed again: secrets in it were replaced, or the file it is of had it unpacked"},
    {"request_body_unknown", "the imported file does not have the body of the request as it was sent"},
    {"response_body_unknown", "the imported file does not have the body of the response as it was sent"},
    {"as_http1", "it was HTTP/2 or 3, or the imported file does not say: written as HTTP/1.1"},
    {"no_time", "the imported file has no time for it: that of the exchange before it"},
    {"request_cut", "the connection or the recording ended in the middle of the request"},
    {"request_refused", "the rest of the request is not HTTP/1 as it can be read"},
    {"response_cut", "the connection or the recording ended in the middle of the response"},
    {"response_refused", "the response is not HTTP/1 as it can be read"},
    {"unsynced", "the recording joined this connection in the middle of an exchange"},
    {"upgrade", "from here on the connection speaks another protocol"},
    {"withheld", "a body may hold secrets that could not be replaced for certain, and was left out"},
};

constexpr std::string_view kSendfile = "sendfile:", kRepeats = "repeats:";

std::string_view meaning_of(std::string_view word) {
  if (word.starts_with(kSendfile)) return "bytes of this body were read from the file that sendfile sent";
  if (word.starts_with(kRepeats)) return "it stands for so many equal exchanges, which tracerec prune --dedup removed";
  for (const auto& [known, meaning] : kMeanings) {
    if (known == word) return meaning;
  }
  return {};
}

}  // namespace

std::string explain_notes(std::string_view notes) {
  std::string text;
  while (!notes.empty()) {
    const std::size_t comma = notes.find(',');
    const std::string_view word = notes.substr(0, comma);
    notes.remove_prefix(comma == std::string_view::npos ? notes.size() : comma + 1);
    const std::string_view meaning = meaning_of(word);
    text += "  " + printable(word);
    if (!meaning.empty()) text.append(": ").append(meaning);
    text += '\n';
  }
  return text;
}

}  // namespace tracerec::evaluate
