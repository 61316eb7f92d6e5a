#include "schema/private_reading.h"

#include <fcntl.h>

namespace tracerec::schema {
namespace {

// SQLite locks 512 bytes from 1 GiB on (https://www.sqlite.org/fileformat.html#the_lock_byte_page).
constexpr off_t kReaderByte = (off_t{1} << 30) - 1;
constexpr off_t kWriterByte = (off_t{1} << 30) - 2;
constexpr off_t kPackingByte = (off_t{1} << 30) - 3;

struct flock lock_of(short type, off_t byte) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  return lock;
}

bool set(int fd, short type, off_t byte) {
  struct flock lock = lock_of(type, byte);
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

bool is_held(int fd, short against, off_t byte) {
  struct flock lock = lock_of(against, byte);
  return ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace

void begin_private_reading(int fd) {
  (void)set(fd, F_RDLCK, kReaderByte);
}

void end_private_reading(int fd) {
  (void)set(fd, F_UNLCK, kReaderByte);
}

bool is_read_privately(int fd) {
  return is_held(fd, F_WRLCK, kReaderByte);
}

void announce_writer(int fd) {
  (void)set(fd, F_WRLCK, kWriterByte);
}

void withdraw_writer(int fd) {
  (void)set(fd, F_UNLCK, kWriterByte);
}

bool is_written(int fd) {
  return is_held(fd, F_RDLCK, kWriterByte);
}

bool begin_following(int fd) {
  return set(fd, F_RDLCK, kPackingByte);
}

void end_following(int fd) {
  (void)set(fd, F_UNLCK, kPackingByte);
}

bool begin_packing(int fd) {
  return set(fd, F_WRLCK, kPackingByte);
}

void end_packing(int fd) {
  (void)set(fd, F_UNLCK, kPackingByte);
}

}  // namespace tracerec::schema
