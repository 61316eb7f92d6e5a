// Connections made of anything: pieces, holes, repeats, ends, reused sockets, a store that refuses.
// Input: steps with a zero byte between them. The first letter says what happens to the chosen connection:
//   s the connection 0…3 is chosen       o it opens                I, O these bytes come in, go out
//   i, m a number of bytes pass unseen   H a hole is reported      D these bytes come again
//   Z that many times 32 KiB go out      x output ends             c it is over
//   n another socket at the same address f its descriptor closes   e its process ends
//   R the store refuses each so-many-th row (0: none)
//   P, Q as I, O, but exchanges were shed before
// A number is the character after the letter, less '0'.
#include <array>
#include <string>

#include "fuzz.h"
#include "recording.h"
#include "testing/events.h"

namespace tracerec::fuzz {
namespace {

using testing::FakeConnection;

class Steps {
 public:
  void run(std::string_view step) {
    if (step.empty()) return;
    const std::string_view text = step.substr(1);
    const unsigned number = text.empty() ? 0 : static_cast<unsigned char>(text[0] - '0');
    switch (step[0]) {
      case 's':
        chosen_ = number % connections_.size();
        break;
      case 'o':
        feed(tcp().open());
        break;
      case 'I':
        feed(tcp().in(text));
        break;
      case 'O':
        feed(tcp().out(text));
        break;
      case 'P':
        feed(resumed(tcp().in(text)));
        break;
      case 'Q':
        feed(resumed(tcp().out(text)));
        break;
      case 'D':
        tcp().miss_in(-static_cast<std::uint32_t>(text.size()));
        feed(tcp().in(text));
        break;
      case 'Z':
        feed(tcp().out(std::string(std::size_t{number % 10} * 32768, 'z')));
        break;
      case 'i':
        tcp().miss_in(number);
        break;
      case 'm':
        tcp().miss_out(number);
        break;
      case 'H':
        feed(tcp().hole_out(number));
        break;
      case 'x':
        feed(tcp().end_out());
        break;
      case 'c':
        feed(tcp().close());
        break;
      case 'n':
        ++tcp().inode;
        break;
      case 'f':
        hint(TR_CLOSE_FD);
        break;
      case 'e':
        hint(TR_EXIT);
        break;
      case 'R':
        recording_.refuse_every(number);
        break;
      default:
        break;
    }
  }

  void finish() { recording_.finish(); }

 private:
  FakeConnection& tcp() { return connections_[chosen_]; }

  // Odd connections are Unix sockets: their positions do not wrap.
  void feed(FakeConnection::Stored event) {
    if (chosen_ % 2 == 1) event.header.flags &= static_cast<std::uint16_t>(~TR_SEQ32);
    event.header.fd = static_cast<std::int32_t>(chosen_);
    recording_.feed(event.view());
  }

  static FakeConnection::Stored resumed(FakeConnection::Stored event) {
    event.header.flags |= TR_RESUMED;
    return event;
  }

  void hint(tr_kind kind) {
    FakeConnection::Stored event = tcp().open();
    event.header.kind = static_cast<std::uint8_t>(kind);
    feed(event);
  }

  Recording recording_;
  std::array<FakeConnection, 4> connections_{FakeConnection(1), FakeConnection(2, 0), FakeConnection(3),
                                             FakeConnection(4, 7)};
  std::size_t chosen_ = 0;
};

}  // namespace

void fuzz_one(std::string_view input) {
  Steps steps;
  while (!input.empty()) steps.run(take_until(input, '\0'));
  steps.finish();
}

}  // namespace tracerec::fuzz
