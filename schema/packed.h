// Commands as bytes: how they wait for the writing thread, and how exchanges wait in the file. Internal to schema/.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "schema/batch_writer.h"
#include "schema/rows.h"

// How this works. Strings of a command would be allocated by one thread and freed by another, which costs more than
// writing the row. So a command is copied into the queue's memory, and the writing thread looks at it there. Every
// struct names its members once (`members`); measuring, packing and unpacking follow that list. Numbers are as the
// processor has them, little-endian on all that we build for; a text is its length and its bytes.
//
// The bytes of an Exchange are part of the file format (table packed_exchange): who changes its members, or these
// functions, adds a migration.

namespace tracerec::schema {

using BodyView = BasicBodyIn<std::string_view>;
using ExchangeView = BasicExchange<std::string_view>;
using ResponseView = BasicResponse<std::string_view>;
using BodyPartView = BasicBodyPart<std::string_view>;

// A Command, in the same order, whose frequent kinds point into the packed bytes.
using CommandView =
    std::variant<Connection, BodyPartView, BodyDiscard, ExchangeView, Opaque, ResponseView, Substitutions>;
static_assert(std::variant_size_v<CommandView> == std::variant_size_v<Command>);

template <class T, class... Of>
concept OneOf = (std::same_as<std::remove_const_t<T>, Of> || ...);

template <OneOf<Connection> T>
auto members(T& c) {
  return std::tie(c.id, c.recording_id, c.local, c.peer, c.opened_unix_ns, c.open_before, c.role, c.tls);
}
template <OneOf<BodyIn, BodyView> T>
auto members(T& b) {
  return std::tie(b.wire_bytes, b.bytes, b.stream_key);
}
template <OneOf<BodyPart, BodyPartView> T>
auto members(T& p) {
  return std::tie(p.stream_key, p.bytes);
}
template <OneOf<BodyDiscard> T>
auto members(T& d) {
  return std::tie(d.stream_key);
}
template <OneOf<Exchange, ExchangeView> T>
auto members(T& e) {
  return std::tie(e.id, e.recording_id, e.connection_id, e.seq, e.started_unix_ns, e.ttfb_ns, e.duration_ns, e.method,
                  e.target, e.status, e.complete, e.notes, e.request_head, e.request_body, e.response_head,
                  e.response_body, e.interim);
}
template <OneOf<Opaque> T>
auto members(T& o) {
  return std::tie(o.recording_id, o.connection_id, o.from_client, o.position, o.at_unix_ns, o.reason, o.bytes);
}
template <OneOf<Response, ResponseView> T>
auto members(T& a) {
  return std::tie(a.run_id, a.exchange_id, a.failure, a.intended_ns, a.sent_ns, a.ttfb_ns, a.duration_ns, a.status,
                  a.response_head, a.response_body, a.interim);
}
template <OneOf<Substitution> T>
auto members(T& s) {
  return std::tie(s.location, s.producer_exchange_id, s.producer_location, s.resolved);
}
template <OneOf<Substitutions> T>
auto members(T& s) {
  return std::tie(s.run_id, s.exchange_id, s.rows);
}

template <class T>
concept Text = OneOf<T, std::string, std::string_view>;

template <class T>
concept Number = std::is_arithmetic_v<T> || std::is_enum_v<T>;

static_assert(std::endian::native == std::endian::little);
using PackedSize = std::uint32_t;

// `Sink` is called with the address and size of each piece. Precondition: no text has 4 GiB.
template <class Sink, class T>
void pack(Sink& sink, const T& value) {
  if constexpr (Number<T>) {
    sink(&value, sizeof value);
  } else if constexpr (Text<T>) {
    pack(sink, static_cast<PackedSize>(value.size()));
    sink(value.data(), value.size());
  } else if constexpr (OneOf<T, std::vector<Substitution>>) {
    pack(sink, static_cast<PackedSize>(value.size()));
    for (const Substitution& one : value) pack(sink, one);
  } else {
    std::apply([&sink](const auto&... member) { (pack(sink, member), ...); }, members(value));
  }
}

// Takes a value off the front of `bytes`; texts that are views stay there. False: the bytes are not such a value, and
// both parameters are undefined. From a file they may be anything.
template <class T>
[[nodiscard]] bool unpack(std::string_view& bytes, T& value) {
  if constexpr (OneOf<T, bool>) {
    std::uint8_t number = 0;  // any other number in a bool is undefined behaviour
    if (!unpack(bytes, number)) return false;
    value = number != 0;
    return true;
  } else if constexpr (Number<T>) {
    if (bytes.size() < sizeof value) return false;
    bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
    bytes.remove_prefix(sizeof value);
    return true;
  } else if constexpr (Text<T>) {
    PackedSize size = 0;
    if (!unpack(bytes, size) || bytes.size() < size) return false;
    value = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return true;
  } else if constexpr (OneOf<T, std::vector<Substitution>>) {
    PackedSize size = 0;
    if (!unpack(bytes, size) || bytes.size() < size) return false;
    value.resize(size);
    return std::ranges::all_of(value, [&bytes](Substitution& one) { return unpack(bytes, one); });
  } else {
    return std::apply([&bytes](auto&... member) { return (unpack(bytes, member) && ...); }, members(value));
  }
}

// The bytes that `pack_command` writes.
[[nodiscard]] inline std::size_t packed_bytes(const Command& command) {
  std::size_t size = sizeof(std::uint8_t);
  auto measure = [&size](const void*, std::size_t bytes) { size += bytes; };
  std::visit([&](const auto& row) { pack(measure, row); }, command);
  return size;
}

inline void pack_command(const Command& command, char* to) {
  auto copy = [&to](const void* from, std::size_t bytes) {
    if (bytes != 0) std::memcpy(to, from, bytes);
    to += bytes;
  };
  pack(copy, static_cast<std::uint8_t>(command.index()));
  std::visit([&](const auto& row) { pack(copy, row); }, command);
}

// Takes one command off the front of `bytes`, which `pack_command` wrote, and hands it to `visit`.
template <std::size_t kind = 0, class Visit>
void unpack_command(std::string_view& bytes, const Visit& visit) {
  if constexpr (kind < std::variant_size_v<CommandView>) {
    if (static_cast<std::size_t>(bytes.front()) != kind) return unpack_command<kind + 1>(bytes, visit);
    bytes.remove_prefix(1);
    std::variant_alternative_t<kind, CommandView> row;
    if (unpack(bytes, row)) visit(row);
  }
}

// The same for a command that must be an exchange. False: the bytes are none.
[[nodiscard]] inline bool unpack_exchange(std::string_view& bytes, ExchangeView& exchange) {
  constexpr std::size_t kKind = 3;
  static_assert(std::same_as<std::variant_alternative_t<kKind, CommandView>, ExchangeView>);
  std::uint8_t kind = 0;
  return unpack(bytes, kind) && kind == kKind && unpack(bytes, exchange);
}

}  // namespace tracerec::schema
