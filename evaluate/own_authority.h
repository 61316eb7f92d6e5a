// A server names itself in its responses: by the Host of the request. Recorded, that was another name than at the
// target.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diff/input.h"

namespace tracerec::evaluate {

// A server as its clients call it: "shop.example.com", "127.0.0.1:8080"; https or http.
struct Origin {
  std::string authority;
  bool tls = false;
};

// What the recorded request called the server: its Host, X-Forwarded-Host, and the authority of an absolute target.
[[nodiscard]] std::vector<std::string> authorities_of(std::string_view request_head);

// In both messages, where one of `recorded_authorities` is the authority of a URL (also escaped: https:\/\/…,
// https%3A%2F%2F…), the Domain of a cookie or a whole JSON string, it becomes that of `target`; and its scheme that of
// the target, where `replayed` uses it. Nothing happens when `replayed` does not name the target, or when a body
// cannot be decoded or is not whole. The bodies become contents.
void map_own_authority(const std::vector<std::string>& recorded_authorities, const Origin& target,
                       diff::Message& recorded, diff::Message& replayed);

// `text` with that done to it. `scheme`: of the URLs, "http" or "https"; empty: as they are. For tests.
[[nodiscard]] std::string with_authority(std::string_view text, std::string_view from, std::string_view to,
                                         std::string_view scheme);

}  // namespace tracerec::evaluate
