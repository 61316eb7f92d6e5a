// Boost.Beast's message parser with callbacks that keep only what is asked for. Used by parser.cc and message.cc.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <string>
#include <string_view>

#include "base/text.h"
#include "http/message.h"
#include "http/parser.h"

namespace tracerec::http {

namespace beast_http = boost::beast::http;

inline std::string_view to_std(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// The views it leaves point into the buffer given to put().
template <bool is_request>
class StrictParser final : public beast_http::basic_parser<is_request> {
  using BeastView = boost::beast::string_view;
  using ErrorCode = boost::beast::error_code;

 public:
  // Fields are collected into `headers` when it is not null.
  explicit StrictParser(HeaderList* headers = nullptr) : headers_(headers) {
    this->header_limit(static_cast<std::uint32_t>(kHeadLimitBytes));
    this->body_limit(boost::none);
  }

  std::string_view method, target, reason;
  int status = 0;
  int minor_version = 1;
  bool expects_continue = false;

  // Transfer-Encoding is there, and does not end with chunked as a strict sender's would.
  [[nodiscard]] bool has_other_framing() const { return has_transfer_encoding_ && !this->chunked(); }

 private:
  void on_request_impl(beast_http::verb, BeastView verb, BeastView path, int version, ErrorCode& error) override {
    error = {};
    method = to_std(verb);
    target = to_std(path);
    minor_version = version % 10;
  }
  void on_response_impl(int code, BeastView phrase, int version, ErrorCode& error) override {
    error = {};
    status = code;
    reason = to_std(phrase);
    minor_version = version % 10;
  }
  void on_field_impl(beast_http::field field, BeastView name, BeastView value, ErrorCode& error) override {
    error = {};
    if (headers_ != nullptr) headers_->add(to_std(name), to_std(value));
    if (field == beast_http::field::transfer_encoding) has_transfer_encoding_ = true;
    if (field == beast_http::field::expect) expects_continue = equals_ignoring_case(to_std(value), "100-continue");
  }
  void on_header_impl(ErrorCode& error) override { error = {}; }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, ErrorCode& error) override { error = {}; }
  std::size_t on_body_impl(BeastView body, ErrorCode& error) override {
    error = {};
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, BeastView, ErrorCode& error) override { error = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, ErrorCode& error) override {
    error = {};
    return body.size();
  }
  void on_finish_impl(ErrorCode& error) override { error = {}; }

  HeaderList* headers_;
  bool has_transfer_encoding_ = false;
};

}  // namespace tracerec::http
