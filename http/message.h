// HTTP/1 messages as values. Nothing here knows of files, sockets or clocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tracerec::http {

// One field line. Name and value are raw bytes as they were on the wire: case kept, nothing decoded; the value without
// its surrounding white space (RFC 9112 §5), an obsolete line fold (§5.2) joined with one space.
struct Header {
  std::string name;
  std::string value;

  bool operator==(const Header&) const = default;
};

// Field lines in wire order, repeated names kept.
class HeaderList {
 public:
  void add(std::string_view name, std::string_view value) {
    headers_.push_back({std::string(name), std::string(value)});
  }

  // The first value of `name` (any case), or nullptr.
  [[nodiscard]] const std::string* find(std::string_view name) const;

  // All values of `name` (any case), in wire order.
  [[nodiscard]] std::vector<std::string_view> values(std::string_view name) const;

  [[nodiscard]] bool empty() const { return headers_.empty(); }
  [[nodiscard]] std::size_t size() const { return headers_.size(); }
  [[nodiscard]] auto begin() const { return headers_.begin(); }
  [[nodiscard]] auto end() const { return headers_.end(); }

  bool operator==(const HeaderList&) const = default;

 private:
  std::vector<Header> headers_;
};

struct RequestHead {
  std::string method;
  std::string target;  // as sent: origin-form, absolute-form, authority-form or "*" (RFC 9112 §3.2)
  int minor_version = 1;
  HeaderList headers;
};

struct ResponseHead {
  int status = 0;
  std::string reason;
  int minor_version = 1;
  HeaderList headers;
};

// Read a stored head: everything from the first byte of the start line up to and including the empty line.
// Errors name the offending part. Any thread.
[[nodiscard]] Result<RequestHead> parse_request_head(std::string_view raw);
[[nodiscard]] Result<ResponseHead> parse_response_head(std::string_view raw);

}  // namespace tracerec::http
