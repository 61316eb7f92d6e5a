/* As much of HTTP as the TLS servers in C need. */
#ifndef TRACEREC_TESTS_E2E_TLS_HTTP_H
#define TRACEREC_TESTS_E2E_TLS_HTTP_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What came and was not answered yet. */
struct input {
  char bytes[1 << 16];
  size_t length;
};

static inline int listen_on(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, (struct sockaddr*)&address, sizeof address) != 0 || listen(fd, 64) != 0) exit(1);
  return fd;
}

static inline void set_nonblocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static inline void wait_until(int fd, short what) {
  struct pollfd one = {.fd = fd, .events = what};
  poll(&one, 1, -1);
}

/* Takes one request from the front of `in`; returns a malloc'ed response of *length bytes, or 0 when it is not whole.
 */
static inline char* take_request(struct input* in, size_t* length) {
  char *end, *field, *response;
  size_t head, body = 0, size, at;
  in->bytes[in->length] = '\0';
  end = strstr(in->bytes, "\r\n\r\n");
  if (!end) return 0;
  head = end + 4 - in->bytes;
  field = strstr(in->bytes, "Content-Length: ");
  if (field && field < end) body = strtoul(field + 16, 0, 10);
  if (in->length < head + body) return 0;
  size = memcmp(in->bytes, "GET ", 4) == 0 ? strtoul(strrchr(strtok(in->bytes + 4, " "), '/') + 1, 0, 10) : 0;
  response = malloc(size + 200);
  if (memcmp(in->bytes, "GET ", 4) == 0) {
    at = sprintf(response, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
    for (size_t i = 0; i < size; i++) response[at + i] = (char)('a' + i % 26);
    *length = at + size;
  } else {
    *length = sprintf(response, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%zu", snprintf(0, 0, "%zu", body), body);
  }
  memmove(in->bytes, in->bytes + head + body, in->length - head - body);
  in->length -= head + body;
  return response;
}

#endif
