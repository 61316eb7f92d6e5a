/* Responses each connection once, over io_uring: accept by a system call, receive and send without. */
#include <liburing.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int finish(struct io_uring* ring) {
  struct io_uring_cqe* done;
  int result;

  io_uring_submit(ring);
  if (io_uring_wait_cqe(ring, &done)) exit(1);
  result = done->res;
  io_uring_cqe_seen(ring, done);
  return result;
}

int main(int count, char** words) {
  const char response[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(count > 1 ? words[1] : "0"))};
  int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, fd;
  struct io_uring ring;
  char request[4096];

  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr*)&here, sizeof here) || listen(listener, 16) || io_uring_queue_init(8, &ring, 0))
    return 1;
  while ((fd = accept(listener, NULL, NULL)) >= 0) {
    io_uring_prep_recv(io_uring_get_sqe(&ring), fd, request, sizeof request, 0);
    if (finish(&ring) > 0) {
      io_uring_prep_send(io_uring_get_sqe(&ring), fd, response, strlen(response), MSG_NOSIGNAL);
      finish(&ring);
    }
    close(fd);
  }
  return 0;
}
