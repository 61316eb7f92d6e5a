// Incremental HTTP/1 framing: where a head ends, where a body ends, and the few facts that pairing needs.
//
// How it works. A head is looked at once, when its empty line has arrived. Boost.Beast's strict parser reads it; what
// it refuses although servers in the field send or accept it (http/normalize.h) is brought into strict form in a copy
// and read again. Bodies with a Content-Length and bodies that end at close are only counted, chunked ones are walked
// (http/chunk_walker.h). Nothing is decoded and nothing is changed: heads and bodies come out byte for byte. Any split
// of the input gives the same result (tests/http/parser_test.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tracerec::http {

// A head may be this long before it is refused. Servers in the field stop between 8 KiB (nginx) and 1 MiB (Go).
constexpr std::size_t kHeadLimitBytes = std::size_t{1} << 20;

// What the next bytes of a stream turned out to be.
enum class Part {
  kNeedMore,  // all input was taken; the message goes on
  kHead,      // the head is complete: head_bytes(), facts()
  kBody,      // the `consumed` bytes belong to the body as it was on the wire
  kEnd,       // the message is complete; nothing was taken; reset() before the next
  kError      // not HTTP/1 as we can read it: error(); nothing more can be read from this stream
};

struct Step {
  Part part = Part::kNeedMore;
  std::size_t consumed = 0;
};

// Facts of a head. Views into it are valid until the next call of next() or reset().
struct HeadFacts {
  std::string_view method;        // requests
  std::string_view target;        // requests
  int status = 0;                 // responses
  bool keep_alive = true;         // the connection may carry another message (RFC 9112 §9.3)
  bool expects_continue = false;  // requests: Expect: 100-continue
};

// Reads one direction of a connection, message after message. One thread at a time.
template <bool is_request>
class MessageParser {
 public:
  MessageParser();
  MessageParser(MessageParser&&) noexcept;
  MessageParser& operator=(MessageParser&&) noexcept;
  ~MessageParser();

  // Starts the next message. A response's framing depends on the method of its request (HEAD has no body, a 2xx to
  // CONNECT ends HTTP: RFC 9112 §6.3).
  void reset(std::string_view request_method = {});

  // Looks at `bytes` and takes a prefix of it. Call again with the rest until kNeedMore, kEnd or kError.
  [[nodiscard]] Step next(std::string_view bytes);

  // The stream ended. True when that completes the message (a body delimited by close), false when it was cut.
  [[nodiscard]] bool finish_at_close();

  // The head as received, from its first byte to its empty line. Valid after kHead until the next call.
  [[nodiscard]] std::string_view head_bytes() const;
  [[nodiscard]] const HeadFacts& facts() const;

  // True once a response turned the connection into something else (101, or 2xx to CONNECT).
  [[nodiscard]] bool switches_protocol() const;

  // True when no byte of the current message has been taken.
  [[nodiscard]] bool at_message_start() const;

  // Bytes that may be missing here without losing the framing: what is still to come of a body with a known length,
  // UINT64_MAX inside a body that ends at close, 0 elsewhere. skip() must not be given more.
  [[nodiscard]] std::uint64_t skippable_bytes() const;
  void skip(std::uint64_t bytes);

  // Why kError: one or a few words, "bad method", "bad chunk", "head too large", "http/2"…
  [[nodiscard]] const char* error() const;

  // After kError: the length of a head whose end was found, but which is none that can be read; 0: no end was found.
  [[nodiscard]] std::size_t refused_head_bytes() const;

  // Head bytes taken so far of a head that is not complete yet (what an opaque stream must keep).
  [[nodiscard]] std::string_view unfinished_head() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

using RequestParser = MessageParser<true>;
using ResponseParser = MessageParser<false>;

}  // namespace tracerec::http
