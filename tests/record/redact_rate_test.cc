// Not a check: prints the figures of docs/capture.md. Run it in a release build with
//   record_test --gtest_also_run_disabled_tests --gtest_filter='*RedactRate'
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

#include "redact/json.h"
#include "secrets.h"

namespace tracerec::record {
namespace {

const std::string kBrowserHead =
    "GET /api/v1/orders?page=2&limit=50 HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux "
    "x86_64) AppleWebKit/537.36\r\nAccept: application/json, text/plain, */*\r\nAccept-Language: en-US,en;q=0.9\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\nX-Request-Id: 9f1b2c3d4e5f\r\n";
const std::string kJwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + std::string(200, 'p') + "." + std::string(43, 's');

// Nanoseconds of `run(i)`.
template <class Run>
double ns_of(int times, const Run& run) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) run(i);
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / times;
}

void print_head(const char* what, const std::string& fields, bool fresh) {
  redact::Redactor redactor(redact::default_redaction_rules(), kTestKey);
  const std::string head = kBrowserHead + fields + "\r\n";
  std::string copy = head, target = "/api/v1/orders?page=2&limit=50";
  const double copying = ns_of(500'000, [&](int) { copy.assign(head); });
  const double all = ns_of(500'000, [&](int i) {
    copy.assign(head);
    if (fresh) std::snprintf(&copy[copy.size() - 12], 8, "%07d", i);
    (void)redactor.redact_request_head(copy, target);
  });
  std::printf("%-44s %6zu bytes %8.0f ns a head\n", what, head.size(), all - copying);
}

void print_json(const char* what, std::size_t filler) {
  const redact::RedactionRules rules = rules_of(R"({"json":["$..password","$.a.token"]})");
  redact::Replacer replacer(kTestKey);
  std::string text = R"({"user":"me","password":"hunter2hunter2","list":[)";
  while (text.size() < filler) text += R"({"id":12345,"name":"some name","price":19.99,"tags":["a","b"]},)";
  text += "1]}";
  std::string copy;
  const double ns = ns_of(20'000, [&](int) {
    copy.assign(text);
    (void)redact::redact_json(copy, rules.json.in(copy), replacer);
  });
  std::printf("%-44s %6zu bytes %8.0f ns, %.0f MB/s\n", what, text.size(), ns,
              static_cast<double>(text.size()) / ns * 1e3);
}

// The built-in names alone, and none of them is there.
void print_harmless_json() {
  const redact::RedactionRules rules = redact::default_redaction_rules();
  std::string text = R"({"user":"me","created_at":"2027-01-31T12:00:00Z","list":[)";
  while (text.size() < 300) text += R"({"id":12345,"name":"some name","price":19.99,"tags":["a","b"]},)";
  text += "1]}";
  const double ns = ns_of(500'000, [&](int) { (void)rules.json.in(text).size(); });
  std::printf("%-44s %6zu bytes %8.0f ns\n", "JSON body without secrets", text.size(), ns);
}

TEST(Measure, DISABLED_RedactRate) {
  print_head("head without secrets", "", false);
  print_head("head with a JWT and two cookies, seen before",
             "Authorization: Bearer " + kJwt + "\r\nCookie: sid=0123456789abcdef0123456789abcdef; theme=dark\r\n",
             false);
  print_head("head with a new API key each time", "X-Api-Key: sk_live_4eC39HqLyjWDarjtT1zdp7dc0000000\r\n", true);
  print_harmless_json();
  print_json("JSON body, one field named", 300);
  print_json("JSON body, one field named", 20'000);
}

}  // namespace
}  // namespace tracerec::record
