// How operations of Boost.Asio are awaited.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

namespace tracerec::replay {

// Gives the error with the result, and awaits the operation as it is: use_awaitable would make a coroutine of each.
inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::deferred);

}  // namespace tracerec::replay
