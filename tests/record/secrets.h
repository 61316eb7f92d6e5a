// One connection recorded with secrets replaced, and questions about what reached the store.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "redact/redactor.h"
#include "redact/rules.h"
#include "rig.h"

namespace tracerec::record {

inline constexpr redact::RedactionKey kTestKey{1, 2, 3};

inline redact::RedactionRules rules_of(const std::string& redaction) {
  auto rules = redact::parse_redaction_rules("{\"redaction\":" + redaction + "}");
  EXPECT_TRUE(rules) << rules.error().message;
  return std::move(*rules);
}

inline std::string pseudonym(std::string_view secret) {
  return std::string(redact::Pseudonyms(kTestKey).of(secret));
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

class SecretRig {
 public:
  explicit SecretRig(redact::RedactionRules rules = redact::default_redaction_rules())
      : redactor(std::move(rules), kTestKey), rig([this] {
          TraceSink::Options options;
          options.redactor = &redactor;
          return options;
        }()) {
    rig.feed(tcp.open());
  }

  void in(std::string_view bytes, std::size_t piece = SIZE_MAX) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) rig.feed(tcp.in(bytes.substr(0, piece)));
  }
  void out(std::string_view bytes, std::size_t piece = SIZE_MAX) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
      rig.feed(tcp.out(bytes.substr(0, piece)));
  }
  void close() { rig.feed(tcp.close()); }

  // Ends the recording and checks its books.
  void finish() { rig.finish(); }

  [[nodiscard]] const schema::Exchange& row(std::size_t i = 0) const { return rig.store.exchanges.at(i); }
  [[nodiscard]] const SinkCounts& counts() const { return rig.sink.counts(); }

  // Every byte that the store was given.
  [[nodiscard]] std::string everything() const {
    std::string all;
    for (const schema::Exchange& one : rig.store.exchanges) {
      for (const std::string* part : {&one.method, &one.target, &one.notes, &one.request_head, &one.request_body.bytes,
                                      &one.interim, &one.response_head, &one.response_body.bytes}) {
        all += *part + '\0';
      }
    }
    for (const schema::Opaque& one : rig.store.opaque) all += one.bytes + '\0';
    for (const auto& [key, bytes] : rig.store.parts) all += bytes + '\0';
    return all;
  }

  redact::Redactor redactor;
  Rig rig;
  testing::FakeConnection tcp{1};
};

inline std::string with_length(const std::string& head, const std::string& body) {
  return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// `body` as chunks of `size` bytes.
inline std::string chunked(std::string_view body, std::size_t size, const std::string& trailers = {}) {
  std::string out;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    const std::string_view chunk = body.substr(0, size);
    char line[32];
    std::snprintf(line, sizeof line, "%zX;x=1\r\n", chunk.size());
    out += line + std::string(chunk) + "\r\n";
  }
  return out + "0\r\n" + trailers + "\r\n";
}

}  // namespace tracerec::record
