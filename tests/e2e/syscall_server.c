/*
 * A server that reads a request by one system call and responses by another: one pair of names per connection or
 * request, taken from the request line, "GET /RECEIVE/SEND/BYTES HTTP/1.1". The next request is read the way the last
 * one named. For tests/e2e/record_syscalls_test.cc.
 *
 *   syscall_server PORT|PATH [4|6|unix] [FILE]
 *
 * Bodies are letters that repeat with a period of 26, so that whoever knows the length knows the bytes; FILE, for
 * sendfile and splice, holds them too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PERIOD 26
#define REQUEST_MAX 65536

static const char* file_name;

static void die(const char* what) {
  perror(what);
  exit(1);
}

/* ---- receiving: each returns what it got, as read(2) does */

static ssize_t in_read(int fd, char* to, size_t room) {
  return read(fd, to, room);
}

static ssize_t in_recv(int fd, char* to, size_t room) {
  return recv(fd, to, room, 0);
}

static ssize_t in_recvfrom(int fd, char* to, size_t room) {
  struct sockaddr_storage from;
  socklen_t length = sizeof from;

  return recvfrom(fd, to, room, 0, (struct sockaddr*)&from, &length);
}

/* Small pieces first: a request line alone goes through several buffers. */
static int split(struct iovec* pieces, char* to, size_t room) {
  const size_t sizes[] = {1, 0, 2, 5};
  int count = 0;

  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    pieces[count++] = (struct iovec){to, sizes[i]};
    to += sizes[i];
    room -= sizes[i];
  }
  pieces[count++] = (struct iovec){to, room};
  return count;
}

static ssize_t in_readv(int fd, char* to, size_t room) {
  struct iovec pieces[8];

  return readv(fd, pieces, split(pieces, to, room));
}

static ssize_t in_preadv2(int fd, char* to, size_t room) {
  struct iovec pieces[8];

  return preadv2(fd, pieces, split(pieces, to, room), -1, 0);
}

static ssize_t in_recvmsg(int fd, char* to, size_t room) {
  struct iovec pieces[8];
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = split(pieces, to, room)};

  return recvmsg(fd, &message, 0);
}

/* The first message takes ten bytes, the second the rest. */
static ssize_t in_recvmmsg(int fd, char* to, size_t room) {
  struct iovec first = {to, 10}, second = {to + 10, room - 10};
  struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = &first, .msg_iovlen = 1}},
                                {.msg_hdr = {.msg_iov = &second, .msg_iovlen = 1}}};
  int got = recvmmsg(fd, messages, 2, MSG_WAITFORONE, NULL);

  if (got <= 0) return got;
  return messages[0].msg_len + (got == 2 ? messages[1].msg_len : 0);
}

static ssize_t in_peek(int fd, char* to, size_t room) {
  struct iovec piece = {to, room};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

  if (recv(fd, to, room, MSG_PEEK) <= 0 || recvmsg(fd, &message, MSG_PEEK) <= 0) return -1;
  return recv(fd, to, room, 0);
}

static ssize_t in_nonblocking(int fd, char* to, size_t room) {
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  ssize_t got;

  while ((got = recv(fd, to, room, MSG_DONTWAIT)) < 0 && errno == EAGAIN) poll(&wait, 1, -1);
  return got;
}

static ssize_t in_dup(int fd, char* to, size_t room) {
  int other = dup(fd);
  ssize_t got = read(other, to, room);

  close(other);
  return got;
}

/* Through a pipe: the bytes are in no user buffer when they leave the socket. */
static ssize_t in_splice(int fd, char* to, size_t room) {
  int ends[2];
  ssize_t got;

  if (pipe(ends)) return -1;
  got = splice(fd, NULL, ends[1], NULL, room, 0);
  if (got > 0) got = read(ends[0], to, got);
  close(ends[0]);
  close(ends[1]);
  return got;
}

/* The head is taken as usual; the rest of the request's bytes, an upload, is thrown away without a copy. */
static ssize_t in_trunc(int fd, char* to, size_t room) {
  (void)to;
  return recv(fd, NULL, room, MSG_TRUNC);
}

/* ---- sending: each sends all */

static void all(int fd, const char* from, size_t count, ssize_t (*step)(int, const char*, size_t)) {
  while (count > 0) {
    ssize_t sent = step(fd, from, count);

    if (sent < 0 && errno == EAGAIN) {
      struct pollfd wait = {.fd = fd, .events = POLLOUT};

      poll(&wait, 1, -1);
      continue;
    }
    if (sent <= 0) return;
    from += sent;
    count -= sent;
  }
}

static ssize_t out_write(int fd, const char* from, size_t count) {
  return write(fd, from, count);
}

static ssize_t out_send(int fd, const char* from, size_t count) {
  return send(fd, from, count, MSG_NOSIGNAL);
}

static ssize_t out_sendto(int fd, const char* from, size_t count) {
  return sendto(fd, from, count, MSG_NOSIGNAL, NULL, 0);
}

static ssize_t out_nonblocking(int fd, const char* from, size_t count) {
  return send(fd, from, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static ssize_t out_writev(int fd, const char* from, size_t count) {
  struct iovec pieces[8];
  int n = split(pieces, (char*)from, count > 8 ? count : 8);

  return count > 8 ? writev(fd, pieces, n) : write(fd, from, count);
}

static ssize_t out_pwritev2(int fd, const char* from, size_t count) {
  struct iovec pieces[8];
  int n = split(pieces, (char*)from, count > 8 ? count : 8);

  return count > 8 ? pwritev2(fd, pieces, n, -1, 0) : write(fd, from, count);
}

static ssize_t out_sendmsg(int fd, const char* from, size_t count) {
  struct iovec pieces[8];
  struct msghdr message = {.msg_iov = pieces};

  if (count <= 8) return write(fd, from, count);
  message.msg_iovlen = split(pieces, (char*)from, count);
  return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static ssize_t out_sendmmsg(int fd, const char* from, size_t count) {
  size_t half = count / 2;
  struct iovec first[2] = {{(char*)from, half / 2}, {(char*)from + half / 2, half - half / 2}};
  struct iovec second = {(char*)from + half, count - half};
  struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = first, .msg_iovlen = 2}},
                                {.msg_hdr = {.msg_iov = &second, .msg_iovlen = 1}}};
  int sent = sendmmsg(fd, messages, 2, MSG_NOSIGNAL);

  if (sent <= 0) return sent;
  /* A message that was sent in part: the next one may not follow it. */
  if (sent == 2 && messages[0].msg_len < half) abort();
  return messages[0].msg_len + (sent == 2 ? messages[1].msg_len : 0);
}

/* As many buffers as one call takes (UIO_MAXIOV), some of them empty. */
static ssize_t out_many(int fd, const char* from, size_t count) {
  static struct iovec pieces[1024];
  size_t each = count / 1000, done = 0;

  for (int i = 0; i < 1024; i++) {
    size_t length = i % 50 == 7 ? 0 : i == 1023 ? count - done : each;

    if (done + length > count) length = count - done;
    pieces[i] = (struct iovec){(char*)from + done, length};
    done += length;
  }
  return writev(fd, pieces, 1024);
}

static ssize_t out_dup(int fd, const char* from, size_t count) {
  int other = fcntl(fd, F_DUPFD_CLOEXEC, 100);
  ssize_t sent = write(other, from, count);

  close(other);
  return sent;
}

struct parcel {
  int fd;
  const char* from;
  size_t count;
};

static void* write_parcel(void* argument) {
  struct parcel* parcel = argument;

  all(parcel->fd, parcel->from, parcel->count, out_write);
  return NULL;
}

static void by_thread(int fd, const char* from, size_t count) {
  struct parcel parcel = {fd, from, count};
  pthread_t thread;

  if (pthread_create(&thread, NULL, write_parcel, &parcel)) die("pthread_create");
  pthread_join(thread, NULL);
}

/* Closes the descriptor while the caller waits in a call for the next request, as another thread of a server may. */
static void* close_later(void* fd) {
  usleep(200000);
  close((int)(intptr_t)fd);
  return NULL;
}

static void by_closer(int fd, const char* from, size_t count) {
  pthread_t thread;

  all(fd, from, count, out_write);
  if (pthread_create(&thread, NULL, close_later, (void*)(intptr_t)fd)) die("pthread_create");
  pthread_detach(thread);
}

/* The response ends with the server's side of the connection; the client may still send. */
static void by_shutdown(int fd, const char* from, size_t count) {
  all(fd, from, count, out_write);
  shutdown(fd, SHUT_WR);
}

static void by_child(int fd, const char* from, size_t count) {
  if (fork() == 0) {
    all(fd, from, count, out_write);
    _exit(0);
  }
  wait(NULL);
}

/* The descriptor goes to a process that has never seen it, over a Unix socket (SCM_RIGHTS), and is closed here. */
static void by_stranger(int fd, const char* from, size_t count) {
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
  } control = {0};
  char byte = 'x';
  struct iovec piece = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  int ends[2];

  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends)) die("socketpair");
  if (fork() == 0) {
    close(fd);
    if (recvmsg(ends[1], &message, 0) != 1) _exit(1);
    memcpy(&fd, CMSG_DATA(&control.head), sizeof fd);
    all(fd, from, count, out_write);
    _exit(0);
  }
  control.head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
  if (sendmsg(ends[0], &message, 0) != 1) die("sendmsg");
  wait(NULL);
  close(ends[0]);
  close(ends[1]);
}

static void by_sendfile(int fd, size_t count, int with_offset) {
  int file = open(file_name, O_RDONLY | O_CLOEXEC);
  off_t offset = PERIOD;

  lseek(file, PERIOD, SEEK_SET);
  while (count > 0) {
    ssize_t sent = sendfile(fd, file, with_offset ? &offset : NULL, count);

    if (sent <= 0) break;
    count -= sent;
  }
  close(file);
}

/* What a pipe holds that was written to is known to nobody but the kernel. */
static void by_written_pipe(int fd, const char* from, size_t count) {
  int ends[2];

  if (pipe(ends)) die("pipe");
  while (count > 0) {
    ssize_t written = write(ends[1], from, count < 4096 ? count : 4096);

    if (written <= 0) break;
    from += written;
    count -= written;
    while (written > 0) written -= splice(ends[0], NULL, fd, NULL, written, 0);
  }
  close(ends[0]);
  close(ends[1]);
}

static void by_splice(int fd, size_t count) {
  int file = open(file_name, O_RDONLY | O_CLOEXEC);
  loff_t offset = PERIOD;
  int ends[2];

  if (pipe(ends)) die("pipe");
  while (count > 0) {
    ssize_t got = splice(file, &offset, ends[1], NULL, count, 0);

    if (got <= 0) break;
    count -= got;
    while (got > 0) got -= splice(ends[0], NULL, fd, NULL, got, 0);
  }
  close(ends[0]);
  close(ends[1]);
  close(file);
}

/* Half of it is written into the pipe, half comes from the file. */
static void by_mixed_pipe(int fd, const char* from, size_t count) {
  int file = open(file_name, O_RDONLY | O_CLOEXEC);
  ssize_t half = (ssize_t)count / 2, left = (ssize_t)count;
  loff_t offset = PERIOD + half;
  int ends[2];

  if (pipe(ends)) die("pipe");
  if (write(ends[1], from, half) != half || splice(file, &offset, ends[1], NULL, count - half, 0) != left - half)
    die("mix");
  while (left > 0) left -= splice(ends[0], NULL, fd, NULL, left, 0);
  close(ends[0]);
  close(ends[1]);
  close(file);
}

typedef ssize_t (*receive_call)(int, char*, size_t);
typedef ssize_t (*send_call)(int, const char*, size_t);

static const struct {
  const char* name;
  receive_call call;
} receives[] = {{"read", in_read},         {"recv", in_recv},       {"recvfrom", in_recvfrom},
                {"readv", in_readv},       {"preadv2", in_preadv2}, {"recvmsg", in_recvmsg},
                {"recvmmsg", in_recvmmsg}, {"peek", in_peek},       {"nonblocking", in_nonblocking},
                {"dup", in_dup},           {"splice", in_splice},   {"trunc", in_trunc}};

static const struct {
  const char* name;
  send_call call;
} sends[] = {{"write", out_write},     {"send", out_send},
             {"sendto", out_sendto},   {"nonblocking", out_nonblocking},
             {"writev", out_writev},   {"pwritev2", out_pwritev2},
             {"sendmsg", out_sendmsg}, {"sendmmsg", out_sendmmsg},
             {"many", out_many},       {"dup", out_dup}};

static void response(int fd, const char* how, size_t count) {
  char* all_bytes = malloc(count + 256);
  int head = sprintf(all_bytes, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", count);

  for (size_t i = 0; i < count; i++) all_bytes[head + i] = (char)('a' + i % PERIOD);
  if (!strcmp(how, "sendfile") || !strcmp(how, "sendfile_offset") || !strcmp(how, "splice")) {
    all(fd, all_bytes, head, out_write);
    if (!strcmp(how, "splice"))
      by_splice(fd, count);
    else
      by_sendfile(fd, count, !strcmp(how, "sendfile_offset"));
  } else if (!strcmp(how, "written_pipe") || !strcmp(how, "mixed_pipe")) {
    all(fd, all_bytes, head, out_write);
    (!strcmp(how, "mixed_pipe") ? by_mixed_pipe : by_written_pipe)(fd, all_bytes + head, count);
  } else if (!strcmp(how, "thread")) {
    by_thread(fd, all_bytes, head + count);
  } else if (!strcmp(how, "fork")) {
    by_child(fd, all_bytes, head + count);
  } else if (!strcmp(how, "closer")) {
    by_closer(fd, all_bytes, head + count);
  } else if (!strcmp(how, "shutdown")) {
    by_shutdown(fd, all_bytes, head + count);
  } else if (!strcmp(how, "stranger")) {
    by_stranger(fd, all_bytes, head + count);
  } else {
    for (size_t i = 0; i < sizeof sends / sizeof *sends; i++)
      if (!strcmp(how, sends[i].name)) all(fd, all_bytes, head + count, sends[i].call);
  }
  free(all_bytes);
}

static receive_call receive_of(const char* name) {
  for (size_t i = 0; i < sizeof receives / sizeof *receives; i++)
    if (!strcmp(name, receives[i].name)) return receives[i].call;
  return in_read;
}

/* Reads until the empty line; one request at a time. */
static ssize_t read_request(int fd, char* request, receive_call call) {
  size_t have = 0;

  while (have < REQUEST_MAX - 1) {
    ssize_t got = call(fd, request + have, REQUEST_MAX - 1 - have);

    if (got <= 0) return got;
    have += got;
    request[have] = '\0';
    if (strstr(request, "\r\n\r\n")) return have;
  }
  return -1;
}

/* An upload of that many bytes follows; it is read with the named call and not looked at. */
static void drain(int fd, size_t count, receive_call call) {
  char* room = malloc(count + 1);

  while (count > 0) {
    ssize_t got = call(fd, room, count);

    if (got <= 0) break;
    count -= got;
  }
  free(room);
}

static void serve(int fd) {
  receive_call call = in_read;
  char request[REQUEST_MAX];
  char in[32], out[32];
  size_t count, upload;

  while (read_request(fd, request, call) > 0) {
    const char* length = strstr(request, "Content-Length: ");
    const char* body = strstr(request, "\r\n\r\n") + 4;

    if (sscanf(request, "%*s /%31[^/]/%31[^/]/%zu", in, out, &count) != 3) break;
    call = receive_of(in);
    upload = length ? strtoul(length + 16, NULL, 10) : 0;
    if (strstr(request, "100-continue")) out_write(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    drain(fd, upload - strlen(body), call);
    if (call == in_trunc) call = in_read;
    response(fd, out, count);
  }
  close(fd);
}

static int listen_at(const char* where, const char* family) {
  struct sockaddr_in v4 = {.sin_family = AF_INET};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
  struct sockaddr_un path = {.sun_family = AF_UNIX};
  int one = 1, fd;

  if (!strcmp(family, "unix")) {
    strncpy(path.sun_path, where, sizeof path.sun_path - 1);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr*)&path, sizeof path)) die("bind");
  } else if (!strcmp(family, "6")) {
    v6.sin6_port = htons((uint16_t)atoi(where));
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr*)&v6, sizeof v6)) die("bind");
  } else {
    v4.sin_port = htons((uint16_t)atoi(where));
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr*)&v4, sizeof v4)) die("bind");
  }
  if (listen(fd, 64)) die("listen");
  return fd;
}

/* With a fourth argument "zero", connections are served on descriptor 0. */
int main(int count, char** words) {
  const char* family = count > 2 ? words[2] : "4";
  int listener, fd;

  signal(SIGPIPE, SIG_IGN);
  file_name = count > 3 ? words[3] : "/dev/null";
  listener = listen_at(words[1], family);
  if (count > 4) close(0);
  while ((fd = accept(listener, NULL, NULL)) >= 0) serve(fd);
  return 0;
}
