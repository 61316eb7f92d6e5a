// A reader that neither makes nor uses the index of the log takes no part in SQLite's locks. Internal to schema/.
//
// It reads pages of the file, which stay as they are until a writer moves its log into it. So such a reader holds a
// read lock on a byte that SQLite does not use, and a writer moves nothing while somebody does. The locks are those of
// open file descriptions (F_OFD_SETLK of fcntl(2)), which closing another descriptor does not drop.
#pragma once

namespace tracerec::schema {

// For as long as `fd` is open, or until end_private_reading. Without effect on a file system without locks.
void begin_private_reading(int fd);
void end_private_reading(int fd);

// For as long as `fd`, which is open for writing, is: a writer has the index of the log open.
void announce_writer(int fd);
void withdraw_writer(int fd);

// Asks through any other open file description.
[[nodiscard]] bool is_written(int fd);

// Exchanges that wait (packed_exchanges.h) are seen in one snapshot only, since the writer moves them. A reader that
// follows a writer from snapshot to snapshot holds a lock while it does, and a writer puts none aside meanwhile. False:
// the writer does so already; the reader must keep its first snapshot.
[[nodiscard]] bool begin_following(int fd);
void end_following(int fd);

// The other side of it, through a descriptor that is open for writing. False: somebody follows.
[[nodiscard]] bool begin_packing(int fd);
void end_packing(int fd);

// Asks through another descriptor of the file, one that is open for writing.
[[nodiscard]] bool is_read_privately(int fd);

}  // namespace tracerec::schema
