/*
 * OpenSSL or BoringSSL on sockets that do not block, two forked workers: openssl_server PORT CERTIFICATE KEY
 * [memory | early]. With `memory` the library sees memory only, and the server moves its bytes to and from the socket.
 * With `early` it takes requests that come with the handshake (RFC 8446, 2.3), and responds to them before its end.
 */
#include <errno.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

#include "http.h"

static SSL_CTX* context;
static int uses_memory, takes_early;

/* Sends what the library left in memory. */
static void flush(SSL* ssl, int fd) {
  char bytes[1 << 14];
  int length;
  while (uses_memory && (length = BIO_read(SSL_get_wbio(ssl), bytes, sizeof bytes)) > 0) {
    for (int at = 0, sent; at<length; at += sent> 0 ? sent : 0) {
      sent = (int)send(fd, bytes + at, (size_t)(length - at), 0);
      if (sent < 0 && errno != EAGAIN) return;
      if (sent < 0) wait_until(fd, POLLOUT);
    }
  }
}

/* Puts what has come into the library's memory; 0 when nothing will come any more. */
static int fill(SSL* ssl, int fd) {
  char bytes[1 << 14];
  const ssize_t got = recv(fd, bytes, sizeof bytes, 0);
  return got > 0 && BIO_write(SSL_get_rbio(ssl), bytes, (int)got) == got;
}

/* Waits for what the library waits for; 0 when the connection is over. */
static int go_on(SSL* ssl, int fd, int result) {
  const int error = SSL_get_error(ssl, result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return 0;
  flush(ssl, fd);
  wait_until(fd, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
  return !uses_memory || fill(ssl, fd);
}

static int send_all(SSL* ssl, int fd, const char* bytes, size_t length) {
  while (length > 0) {
    const int sent = SSL_write(ssl, bytes, (int)length);
    if (sent <= 0) {
      if (!go_on(ssl, fd, sent)) return 0;
      continue;
    }
    flush(ssl, fd);
    bytes += sent;
    length -= (size_t)sent;
  }
  return 1;
}

static void converse(SSL* ssl, int fd, struct input* in) {
  char* response;
  size_t length;
  for (;;) {
    const int got = SSL_read(ssl, in->bytes + in->length, (int)(sizeof in->bytes - 1 - in->length));
    if (got <= 0) {
      if (!go_on(ssl, fd, got)) return;
      continue;
    }
    in->length += (size_t)got;
    while ((response = take_request(in, &length)) != 0) {
      const int sent = send_all(ssl, fd, response, length);
      free(response);
      if (!sent) return;
    }
  }
}

#ifndef OPENSSL_IS_BORINGSSL
static int send_early(SSL* ssl, int fd, const char* bytes, size_t length) {
  while (length > 0) {
    size_t sent = 0;
    const int result = SSL_write_early_data(ssl, bytes, length, &sent);
    if (result <= 0 && !go_on(ssl, fd, result)) return 0;
    bytes += sent;
    length -= sent;
  }
  return 1;
}

/* To the end of what comes with the handshake. */
static int take_early(SSL* ssl, int fd, struct input* in) {
  char* response;
  size_t length;
  for (;;) {
    size_t got = 0;
    const int result = SSL_read_early_data(ssl, in->bytes + in->length, sizeof in->bytes - 1 - in->length, &got);
    if (result == SSL_READ_EARLY_DATA_FINISH) return 1;
    if (result == SSL_READ_EARLY_DATA_ERROR && !go_on(ssl, fd, result)) return 0;
    in->length += got;
    while ((response = take_request(in, &length)) != 0) {
      const int sent = send_early(ssl, fd, response, length);
      free(response);
      if (!sent) return 0;
    }
  }
}

/* A ticket may be used more than once: the workers do not share which were. */
static void allow_early(void) {
  SSL_CTX_set_max_early_data(context, 1 << 14);
  SSL_CTX_set_options(context, SSL_OP_NO_ANTI_REPLAY);
}
#else
static int take_early(SSL* ssl, int fd, struct input* in) {
  return ssl && fd && in;
}
static void allow_early(void) {}
#endif

static void* serve(void* argument) {
  const int fd = (int)(long)argument;
  struct input* in = calloc(1, sizeof *in);
  SSL* ssl = SSL_new(context);
  int result;
  set_nonblocking(fd);
  if (uses_memory)
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  else
    SSL_set_fd(ssl, fd);
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
  if (takes_early && !take_early(ssl, fd, in)) goto end;
  while ((result = SSL_accept(ssl)) <= 0 && go_on(ssl, fd, result)) {
  }
  if (result > 0) {
    flush(ssl, fd);
    converse(ssl, fd, in);
  }
end:
  SSL_shutdown(ssl);
  flush(ssl, fd);
  SSL_free(ssl);
  close(fd);
  free(in);
  return 0;
}

int main(int count, char** words) {
  pthread_t thread;
  int listener;
  if (count < 4) return 2;
  uses_memory = count > 4 && strcmp(words[4], "memory") == 0;
  takes_early = count > 4 && strcmp(words[4], "early") == 0;
  signal(SIGPIPE, SIG_IGN);
  context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_file(context, words[2], SSL_FILETYPE_PEM) != 1) return 1;
  if (SSL_CTX_use_PrivateKey_file(context, words[3], SSL_FILETYPE_PEM) != 1) return 1;
  if (takes_early) allow_early();
  listener = listen_on(atoi(words[1]));
  if (fork() == 0 || fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* they would outlive the test */
    for (;;) {
      const int fd = accept(listener, 0, 0);
      if (fd >= 0 && pthread_create(&thread, 0, serve, (void*)(long)fd) == 0) pthread_detach(thread);
    }
  }
  for (;;) pause();
}
