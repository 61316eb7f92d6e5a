// Who may ask the viewer for what: where it listens, which Host and Origin it takes, and its token. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tracerec::ui {

// Where it listens.
struct Listen {
  std::string host;  // "127.0.0.1", "::1", "localhost", "0.0.0.0", "staging.local"
  int port = 0;      // 0: any that is free
};

// "127.0.0.1:8600", "[::1]:8600", "localhost:8600". Error: names `text` and what to write.
[[nodiscard]] Result<Listen> parse_listen(std::string_view text);

// Whether only this machine can connect to it.
[[nodiscard]] bool is_loopback(const Listen& listen);

// "127.0.0.1:8600", "[::1]:8600", as a URL has it.
[[nodiscard]] std::string authority_of(const Listen& listen);

// A page of another site whose name resolves to this machine sends its own name as Host (DNS rebinding). Taken are
// localhost and the address that is listened on, with any port, since an SSH tunnel changes it; and where others may
// connect, any address in digits, which no name can pretend to be.
[[nodiscard]] bool is_host_allowed(const Listen& listen, std::string_view host);

// Of a request that changes something: a browser names the site whose page sent it, other clients name none.
[[nodiscard]] bool is_origin_allowed(std::string_view origin, std::string_view host);

// Whether `authorization` is "Bearer TOKEN". Takes as long whatever part of it is right.
[[nodiscard]] bool is_token_right(std::string_view authorization, std::string_view token);

// A new one: 32 hexadecimal digits of the kernel's random numbers. Error: it gives none.
[[nodiscard]] Result<std::string> make_token();

// Every response has these: nothing from other hosts, no frames, no guessing of types, no addresses handed on.
[[nodiscard]] const std::vector<std::pair<std::string, std::string>>& security_headers();

}  // namespace tracerec::ui
