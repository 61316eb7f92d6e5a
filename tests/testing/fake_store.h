// A store in memory, with faults on demand.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "schema/store.h"

namespace tracerec::testing {

class FakeStore final : public schema::Store {
 public:
  bool submit(schema::Command&& command) override {
    if (refuse_every > 0 && ++submitted_ % refuse_every == 0) return false;
    std::visit([this](auto&& row) { take(std::move(row)); }, std::move(command));
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] std::string error() const override { return {}; }

  std::size_t refuse_every = 0;  // 0: never
  std::vector<schema::Connection> connections;
  std::vector<schema::Exchange> exchanges;  // bodies put together again
  std::vector<schema::Opaque> opaque;
  std::map<std::uint64_t, std::string> parts;

  // Bytes of messages and of opaque rows, as the ledger counts them.
  [[nodiscard]] std::uint64_t stored_bytes() const {
    std::uint64_t sum = 0;
    for (const auto& row : exchanges) {
      sum += row.request_head.size() + row.interim.size() + row.response_head.size() + row.request_body.bytes.size() +
             row.response_body.bytes.size();
    }
    for (const auto& row : opaque) sum += row.bytes.size();
    return sum;
  }

 private:
  void take(schema::Connection&& row) { connections.push_back(std::move(row)); }
  void take(schema::BodyPart&& part) { parts[part.stream_key] += part.bytes; }
  void take(schema::BodyDiscard&& discard) { parts.erase(discard.stream_key); }
  void take(schema::Opaque&& row) { opaque.push_back(std::move(row)); }
  void take(schema::Response&&) {}
  void take(schema::Substitutions&&) {}
  void take(schema::Exchange&& row) {
    for (schema::BodyIn* body : {&row.request_body, &row.response_body}) {
      if (body->stream_key == 0) continue;
      body->bytes = std::move(parts[body->stream_key]);
      parts.erase(body->stream_key);
    }
    exchanges.push_back(std::move(row));
  }

  std::size_t submitted_ = 0;
};

}  // namespace tracerec::testing
