/*
 * OpenSSL by its BIO_f_ssl, blocking, a thread per connection: bio_server PORT CERTIFICATE KEY. Responses are written
 * through a BIO_f_buffer above it; that one would read until all the room is full.
 */
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>

#include "http.h"

static SSL_CTX* context;

/* Uploads are confirmed by the session itself, without its BIO: both ways belong to one conversation. */
static int send_response(BIO* io, SSL* ssl, const char* bytes, size_t length, int is_upload) {
  if (is_upload) return SSL_write(ssl, bytes, (int)length) == (int)length;
  return BIO_write(io, bytes, (int)length) == (int)length && BIO_flush(io) == 1;
}

static void converse(BIO* io, BIO* below, SSL* ssl, struct input* in) {
  char* response;
  size_t length;
  for (;;) {
    const int got = BIO_read(below, in->bytes + in->length, (int)(sizeof in->bytes - 1 - in->length));
    if (got <= 0) return;
    in->length += (size_t)got;
    for (;;) {
      const int is_upload = in->bytes[0] == 'P';
      if ((response = take_request(in, &length)) == 0) break;
      const int sent = send_response(io, ssl, response, length, is_upload);
      free(response);
      if (!sent) return;
    }
  }
}

static void* serve(void* argument) {
  const int fd = (int)(long)argument;
  struct input* in = calloc(1, sizeof *in);
  BIO *io = BIO_new(BIO_f_buffer()), *below = BIO_new(BIO_f_ssl());
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  SSL_set_accept_state(ssl);
  BIO_set_ssl(below, ssl, BIO_CLOSE);
  BIO_push(io, below);
  if (BIO_do_handshake(below) == 1) converse(io, below, ssl, in);
  BIO_ssl_shutdown(io);
  BIO_free_all(io);
  close(fd);
  free(in);
  return 0;
}

int main(int count, char** words) {
  pthread_t thread;
  int listener;
  if (count != 4) return 2;
  signal(SIGPIPE, SIG_IGN);
  context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_file(context, words[2], SSL_FILETYPE_PEM) != 1) return 1;
  if (SSL_CTX_use_PrivateKey_file(context, words[3], SSL_FILETYPE_PEM) != 1) return 1;
  listener = listen_on(atoi(words[1]));
  for (;;) {
    const int fd = accept(listener, 0, 0);
    if (fd >= 0 && pthread_create(&thread, 0, serve, (void*)(long)fd) == 0) pthread_detach(thread);
  }
}
