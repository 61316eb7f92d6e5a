// Recoverable errors as values.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace tracerec {

// What went wrong, in one line that a person can act on: what failed, on what, and what to do.
struct Error {
  std::string message;
};

// Boost's result calls this from value() when the result holds an error. We treat that as a bug of the caller:
// check has_value() first.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error("unchecked error: " + error.message);
}

// A value or an Error. Must not be ignored. The constructors are spelled out because boost's own cannot tell a
// std::string value from an Error, which C++20 lets be initialised from a string in parentheses.
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
  using Base = boost::system::result<T, Error>;

 public:
  Result(T value) : Base(boost::system::in_place_value, std::move(value)) {}
  Result(Error error) : Base(boost::system::in_place_error, std::move(error)) {}
};

template <>
class [[nodiscard]] Result<void> : public boost::system::result<void, Error> {
  using Base = boost::system::result<void, Error>;

 public:
  Result() = default;
  Result(Error error) : Base(boost::system::in_place_error, std::move(error)) {}
};

// The same error with what was being done put in front: with_context("replaying exchange 12", {"timed out"}). What
// stands in front already is not repeated.
inline Error with_context(const std::string& doing, const Error& error) {
  const std::string context = doing + ": ";
  return error.message.starts_with(context) ? error : Error{context + error.message};
}

}  // namespace tracerec
