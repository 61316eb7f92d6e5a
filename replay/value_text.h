// Texts that may be values of the server: how unlikely it is that two are equal by chance, and how they are written in
// a path, a query, JSON or HTML. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tracerec::replay {

enum class Strength : std::uint8_t {
  kNone,   // says nothing: true, en, a sentence, a date, 1.5
  kWeak,   // 17, ORD-0042: equal by chance; needs evidence from where it stands
  kStrong  // a UUID, a token, a hash: equal only because it is the same
};

[[nodiscard]] Strength strength_of(std::string_view text);

// Of this process only.
[[nodiscard]] std::uint64_t hash_of(std::string_view text, std::uint64_t seed = 0);

// How a value is written where it stands.
struct Coding {
  bool percent = false;  // RFC 3986 §2.1
  bool plus = false;     // with percent: a space is '+' (forms and queries)
  bool sparing = false;  // with percent: only what must be, as the one before was written
  bool json = false;     // inside the quotes of a JSON string; applied after percent
  bool bare = false;     // with json: a number, without quotes
  bool html = false;     // inside an attribute
};

// Appends `text` as it is written there.
void append_encoded(std::string& out, std::string_view text, const Coding& coding);

// "orders" → "order", "order_id", "orderId", "X-Order-ID", "orderIds" → "order"; "id" → "": names of one thing in one
// form.
[[nodiscard]] std::string thing_of(std::string_view name);

// "id", "order_id", "orderId", "uuid", "number"…: its value names something.
[[nodiscard]] bool is_id_like(std::string_view name);

}  // namespace tracerec::replay
