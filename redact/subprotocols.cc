#include "redact/subprotocols.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/text.h"
#include "http/secret_names.h"
#include "redact/lines.h"

// Tests: tests/redact/subprotocols_test.cc.

namespace tracerec::redact {
namespace {

// Kubernetes, AWS AppSync (header-…), OpenAI (…api-key.…), and what programs do of their own accord. The longest end
// that fits counts.
constexpr std::string_view kMarkers[] = {"authorization.k8s.io.",
                                         "api-key.",
                                         "api_key.",
                                         "apikey.",
                                         "bearer.",
                                         "bearer-",
                                         "authorization.",
                                         "token.",
                                         "token-",
                                         "jwt.",
                                         "jwt-",
                                         "auth-",
                                         "header-",
                                         "access_token.",
                                         "access_token-",
                                         "session.",
                                         "key."};

bool is_word_for_credentials(std::string_view word) {
  return equals_ignoring_case(word, "auth") || equals_ignoring_case(word, "basic") || http::is_secret_member(word) ||
         http::is_secret_header(word);
}

// One past the last marker; 0: there is none.
std::size_t end_of_marker(std::string_view word) {
  const std::string lower = to_lower(word);
  std::size_t end = 0;
  for (const std::string_view marker : kMarkers) {
    const std::size_t at = lower.rfind(marker);
    const bool begins = at == 0 || (at != std::string::npos && !is_letter_or_digit(lower[at - 1]));
    if (begins) end = std::max(end, at + marker.size());
  }
  return end;
}

// Names of protocols are words, and have dots where they are long (IANA, WebSocket Subprotocol Name Registry).
bool is_made_by_a_program(std::string_view word) {
  constexpr std::size_t kShortest = 20;
  const std::size_t dots = static_cast<std::size_t>(std::count(word.begin(), word.end(), '.'));
  if (dots == 2 && word.starts_with("eyJ")) return true;
  return dots == 0 && word.size() >= kShortest && std::any_of(word.begin(), word.end(), is_digit) &&
         std::any_of(word.begin(), word.end(), is_letter);
}

}  // namespace

void redact_subprotocols(Bytes value, Replacer& replacer) {
  bool after_word = false;
  while (!value.empty()) {
    const std::size_t comma = std::min(view(value).find(','), value.size());
    const Bytes word = trimmed(value.first(comma));
    value = value.subspan(std::min(comma + 1, value.size()));
    const std::size_t marker = end_of_marker(view(word));
    if (is_word_for_credentials(view(word))) {
      after_word = true;
      continue;
    }
    if (after_word || marker > 0 || is_made_by_a_program(view(word)))
      replacer.plain(word.subspan(after_word ? 0 : marker));
    after_word = false;
  }
}

}  // namespace tracerec::redact
