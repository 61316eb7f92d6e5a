#include "record/late_calls.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace tracerec::record {
namespace {

tr_event data_of(int fd) {
  tr_event event{};
  event.kind = TR_DATA;
  event.family = AF_UNIX;
  event.tgid = static_cast<std::uint32_t>(::getpid());
  event.fd = fd;
  event.inode = static_cast<std::uint64_t>(fd) + 100;
  return event;
}

TEST(LateCalls, ReportsOnceWhatWasClosedBefore) {
  const std::array<int, 2> ends{3, 4};
  LateCalls calls;
  for (const int fd : ends) calls.note(data_of(fd));
  calls.on_attached({static_cast<std::uint64_t>(ends[1]) + 100});
  std::vector<int> closed;
  for (int time = 0; time < 2; ++time) {
    calls.report_closed([&](const Event& event) {
      EXPECT_EQ(event.header.kind, TR_CLOSE_FD);
      EXPECT_EQ(event.header.tgid, static_cast<std::uint32_t>(::getpid()));
      closed.push_back(event.header.fd);
    });
  }
  EXPECT_EQ(closed, std::vector<int>{ends[0]});
}

}  // namespace
}  // namespace tracerec::record
