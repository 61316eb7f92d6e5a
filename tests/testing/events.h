// Fabricates kernel events, so that the recorder can be tested without a kernel.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "record/event_source.h"

namespace tracerec::testing {

// One TCP connection of a server as the kernel side would report it. Positions start near the 32-bit wrap.
class FakeConnection {
 public:
  explicit FakeConnection(std::uint64_t socket, std::uint32_t first_position = 0xffffff00U)
      : socket_(socket), in_(first_position), out_(first_position + 1000) {}

  struct Stored {
    tr_event header;
    std::string payload;
    [[nodiscard]] record::Event view() const { return {header, payload}; }
  };

  Stored open() { return {event(TR_OPEN, TR_IN), ""}; }

  Stored in(std::string_view bytes) { return data(TR_IN, in_, bytes); }
  Stored out(std::string_view bytes) { return data(TR_OUT, out_, bytes); }

  // Bytes that passed unseen: the position moves on, no event tells of it.
  void miss_in(std::uint32_t bytes) { in_ += bytes; }
  void miss_out(std::uint32_t bytes) { out_ += bytes; }

  Stored hole_out(std::uint32_t bytes) {
    Stored hole{event(TR_HOLE, TR_OUT), ""};
    hole.header.position = out_;
    hole.header.length = bytes;
    out_ += bytes;
    return hole;
  }

  // The process sends no more, before the peer does; or the connection is over, after FINs in both directions, or
  // without one.
  Stored end_out() { return end(TR_END_OUT); }
  Stored end_out_last() { return end(TR_END_OUT | TR_CUT_OUT | TR_PEER_LEFT); }  // after the peer's FIN
  Stored close() { return end(TR_END_OUT | TR_END_IN); }
  Stored reset() { return end(TR_END_OUT | TR_END_IN | TR_CUT_OUT | TR_CUT_IN | TR_PEER_LEFT); }  // by the peer
  Stored reset_by_process() { return end(TR_END_OUT | TR_END_IN | TR_CUT_OUT | TR_CUT_IN); }
  Stored killed() { return end(TR_END_OUT | TR_CUT_OUT); }
  Stored exit() { return {event(TR_EXIT, TR_OUT), ""}; }

  std::uint64_t time_ns = 1'000'000;
  std::uint64_t inode = 77;
  std::uint16_t peer_port = 40000;

 private:
  tr_event event(tr_kind kind, tr_direction direction) {
    tr_event header{};
    header.kind = static_cast<std::uint8_t>(kind);
    header.direction = static_cast<std::uint8_t>(direction);
    header.flags = TR_SEQ32;
    header.time_ns = time_ns += 1000;
    header.socket = socket_;
    header.inode = inode;
    header.position_in = in_;
    header.position_out = out_;
    header.tgid = 100;
    header.fd = 5;
    header.family = 2;
    header.local_port = 8080;
    header.peer_port = peer_port;
    header.local_address[0] = header.peer_address[0] = 127;
    header.local_address[3] = header.peer_address[3] = 1;
    return header;
  }

  Stored data(tr_direction direction, std::uint32_t& position, std::string_view bytes) {
    Stored stored{event(TR_DATA, direction), std::string(bytes)};
    stored.header.position = position;
    stored.header.length = static_cast<std::uint32_t>(bytes.size());
    position += static_cast<std::uint32_t>(bytes.size());
    return stored;
  }

  Stored end(int flags) {
    Stored stored{event(TR_END, TR_OUT), ""};
    stored.header.flags |= static_cast<std::uint16_t>(flags);
    return stored;
  }

  std::uint64_t socket_;
  std::uint32_t in_, out_;
};

}  // namespace tracerec::testing
