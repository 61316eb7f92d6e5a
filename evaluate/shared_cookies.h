// Cookies that the target gave to two sessions of the recording: two users are one.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "diff/input.h"
#include "schema/rows.h"

namespace tracerec::evaluate {

// Looks at the cookies that writes set: kShortest characters and more, in both responses. A session begins with a
// request that carries no cookie of that name, or an unknown one; it is told from others by method, target,
// Authorization and content, so that two logins of one user, whose cookies may be equal when both come in one second,
// are one session. It goes on where a request carries a cookie that it was given. Cookies by which a load balancer
// finds its server are not looked at: there are as many as servers. At most kMost of either are remembered, 48 bytes
// each; those beyond are not compared. One thread.
class SharedCookies {
 public:
  // Adds to pair.shared_cookies those that the target gave to another session before, where the baseline gave another
  // one. The same pair may be shown again. `pair` has its request, and the two messages as they were stored.
  void check(const schema::StoredExchange& exchange, diff::Pair& pair);

  static constexpr std::size_t kShortest = 16;  // shorter secrets may have one pseudonym by chance
  static constexpr std::size_t kMost = 500'000;

 private:
  using Hash = std::uint64_t;
  struct Holder {
    Hash session = 0;
    Hash recorded = 0;  // the cookie in whose place it was given
  };
  [[nodiscard]] Hash session_of(const schema::StoredExchange& exchange, const diff::Pair& pair, std::string_view name);

  boost::unordered_flat_map<Hash, Hash> sessions_;   // recorded cookie → session
  boost::unordered_flat_map<Hash, Holder> holders_;  // cookie of the target → whose it is
};

}  // namespace tracerec::evaluate
