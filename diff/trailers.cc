#include "diff/trailers.h"

#include <utility>

#include "base/text.h"
#include "diff/headers.h"
#include "http/decode.h"

namespace tracerec::diff {
namespace {

// A chunked body without trailers ends with an empty line right after the last chunk: nothing to decode.
bool may_have_trailers(const Message& message) {
  if (message.body.empty() || message.body == "0\r\n\r\n" || message.body.ends_with("\n0\r\n\r\n")) return false;
  return message.headers.find("Transfer-Encoding") != nullptr;
}

}  // namespace

http::HeaderList trailers_of(const Message& message) {
  if (message.body_is_content) return message.trailers;
  if (!may_have_trailers(message)) return {};
  auto trailers = http::decode_trailers(message.headers, message.body);
  return trailers ? std::move(*trailers) : http::HeaderList{};
}

void compare_trailers(const Message& recorded, const Message& replayed, const EndpointRules& rules,
                      DifferenceSink& sink) {
  const http::HeaderList before = trailers_of(recorded);
  const http::HeaderList after = trailers_of(replayed);
  if (before != after) compare_fields(kTrailerPrefix, before, after, rules, sink);
}

void set_content(Message& message, std::string content) {
  message.trailers = trailers_of(message);
  message.body = std::move(content);
  message.body_is_content = true;
}

}  // namespace tracerec::diff
