#include "schema/private_reading.h"

#include <fcntl.h>

namespace tracerec::schema {
namespace {

// SQLite locks 512 bytes from 1 GiB on (https://www.sqlite.org/fileformat.html#the_lock_byte_page).
constexpr off_t kByte = (off_t{1} << 30) - 1;

struct flock lock_of(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = kByte;
  lock.l_len = 1;
  return lock;
}

}  // namespace

void begin_private_reading(int fd) {
  struct flock lock = lock_of(F_RDLCK);
  (void)::fcntl(fd, F_OFD_SETLK, &lock);
}

void end_private_reading(int fd) {
  struct flock lock = lock_of(F_UNLCK);
  (void)::fcntl(fd, F_OFD_SETLK, &lock);
}

bool is_read_privately(int fd) {
  struct flock lock = lock_of(F_WRLCK);
  return ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace tracerec::schema
