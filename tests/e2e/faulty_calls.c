// Preloaded into tracerec by tests: one of its calls on a trace file fails.
//   FAULTY_CALL=pwrite:20:5    the 20th pwrite(2) on a file with ".db" in its name, and all after it, fail with errno 5
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int calls;

static int is_of_a_trace(int fd) {
  char link[64];
  char path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, ".db") != NULL;
}

// Sets errno when this call is to fail.
static int fails(const char* name, int fd) {
  const char* const wanted = getenv("FAULTY_CALL");
  const size_t length = strlen(name);
  int first = 0;
  int error = 0;
  if (wanted == NULL || strncmp(wanted, name, length) != 0) return 0;
  if (sscanf(wanted + length, ":%d:%d", &first, &error) != 2 || !is_of_a_trace(fd)) return 0;
  if (atomic_fetch_add(&calls, 1) + 1 < first) return 0;
  errno = error;
  return 1;
}

#define REAL(type, name, ...) (__extension__(type(*)(__VA_ARGS__)) dlsym(RTLD_NEXT, #name))

ssize_t pwrite64(int fd, const void* bytes, size_t count, off_t at) {
  return fails("pwrite", fd) ? -1 : REAL(ssize_t, pwrite64, int, const void*, size_t, off_t)(fd, bytes, count, at);
}
ssize_t pread64(int fd, void* bytes, size_t count, off_t at) {
  return fails("pread", fd) ? -1 : REAL(ssize_t, pread64, int, void*, size_t, off_t)(fd, bytes, count, at);
}
int fsync(int fd) {
  return fails("fsync", fd) ? -1 : REAL(int, fsync, int)(fd);
}
int fdatasync(int fd) {
  return fails("fsync", fd) ? -1 : REAL(int, fdatasync, int)(fd);
}
