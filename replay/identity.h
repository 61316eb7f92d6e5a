// Several users of one recording: which requests are whose, and the header that each user's requests are sent with. A
// user is known by a recorded credential, often a pseudonym; equal secrets stayed equal. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace tracerec::replay {

// What tells the requests of a user from those of others.
struct IdentityKey {
  std::string header;    // "Authorization"; "Cookie" when `cookie` is given
  std::string cookie;    // the name of a cookie, or empty
  std::string recorded;  // the value of the header, with or without its scheme ("Bearer"), or of the cookie

  // "Authorization", "cookie sid": for messages.
  [[nodiscard]] std::string name() const;
};

// A user, and what the target gave for the user's requests.
struct Identity {
  IdentityKey key;
  http::Header set;
  bool is_recorded{};  // a request of the recording carries the credential
};

// The values that the request carries where the key looks: of the header (each line), or of the cookie.
[[nodiscard]] std::vector<std::string_view> credentials_in(std::string_view head, const IdentityKey& key);

// Whether the request is of that user.
[[nodiscard]] bool is_of(std::string_view head, const IdentityKey& key);

// What is kept of `recorded` with a run whose recording has it: its SHA-256 in hexadecimal. Nobody learns a secret from
// it, since the same file has the text that it is of: a pseudonym, where secrets were replaced. The key of pseudonyms
// is never written, so that it could not be tested with that. Of a text that the recording does not have nothing is
// kept.
[[nodiscard]] std::string digest_of(const IdentityKey& key);

// The credential of the request that `key` names but for `recorded`, which has this digest; empty: it has none. With it
// as `recorded`, is_of() holds.
[[nodiscard]] std::string credential_with_digest(std::string_view head, const IdentityKey& key,
                                                 const std::string& digest);

// "exchange 12" → 12: `recorded` may name a request that carries the value. Nothing: it is the value itself.
[[nodiscard]] std::optional<std::int64_t> exchange_named_by(const std::string& recorded);

}  // namespace tracerec::replay
