// Short ways to write messages and pairs in tests.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "diff/input.h"

namespace tracerec::diff {

using HeaderPairs = std::initializer_list<std::pair<const char*, const char*>>;

inline http::HeaderList headers_of(HeaderPairs pairs) {
  http::HeaderList headers;
  for (const auto& [name, value] : pairs) headers.add(name, value);
  return headers;
}

inline Message response(int status, HeaderPairs headers, std::string body) {
  Message message;
  message.status = status;
  message.headers = headers_of(headers);
  message.body = std::move(body);
  return message;
}

inline Message json_response(std::string body, int status = 200) {
  return response(status, {{"Content-Type", "application/json; charset=utf-8"}}, std::move(body));
}

inline Pair pair_of(std::int64_t id, std::string target, Message recorded, Message replayed) {
  Pair pair;
  pair.exchange_id = id;
  pair.method = "POST";
  pair.target = std::move(target);
  pair.recorded = std::move(recorded);
  pair.replayed = std::move(replayed);
  return pair;
}

}  // namespace tracerec::diff
