#include "http/sniff.h"

#include <gtest/gtest.h>

namespace tracerec::http {
namespace {

TEST(Sniff, RequestLineMustBeWhole) {
  EXPECT_TRUE(starts_with_request_line("GET / HTTP/1.1\r\n"));
  EXPECT_TRUE(starts_with_request_line("POST /a b HTTP/1.0\nrest"));
  EXPECT_FALSE(starts_with_request_line("GET / HTTP/1.1"));
  EXPECT_FALSE(starts_with_request_line("GET / HTTP/2\r\n"));
  EXPECT_FALSE(starts_with_request_line("{\"a\": 1} HTTP/1.1\r\n"));
  EXPECT_FALSE(starts_with_request_line(" / HTTP/1.1\r\n"));
  EXPECT_FALSE(starts_with_request_line("OST / HTTP/1.1\r\n"));
  EXPECT_FALSE(starts_with_request_line(""));
}

TEST(Sniff, StatusLine) {
  EXPECT_TRUE(starts_with_status_line("HTTP/1.1 200 OK"));
  EXPECT_TRUE(starts_with_status_line("HTTP/1.0 404"));
  EXPECT_FALSE(starts_with_status_line("HTTP/1.1 2x0"));
  EXPECT_FALSE(starts_with_status_line("HTTP/2 200"));
}

TEST(Sniff, InterimResponsesAreNoResponseYet) {
  EXPECT_TRUE(is_interim_response("HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_TRUE(is_interim_response("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLi"));
  EXPECT_FALSE(is_interim_response("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(is_interim_response("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  EXPECT_FALSE(is_interim_response("body"));
  EXPECT_FALSE(is_interim_response(""));
}

TEST(Sniff, TlsHello) {
  EXPECT_TRUE(starts_with_tls_hello(std::string_view("\x16\x03\x01\x02\x00\x01\x00", 7)));
  EXPECT_FALSE(starts_with_tls_hello("GET / "));
}

TEST(Sniff, TheStartOfARequestLine) {
  for (const char* start : {"G", "GET", "GET ", "GET /a?b HTTP/1.", "PROPFIND /"}) {
    EXPECT_TRUE(may_start_request_line(start)) << start;
  }
  for (const char* other : {"", "g", "GOT", "GE T", "GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK"}) {
    EXPECT_FALSE(may_start_request_line(other)) << other;
  }
}

}  // namespace
}  // namespace tracerec::http
