/* GnuTLS on sockets that do not block: gnutls_server PORT CERTIFICATE KEY [mutates] */
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <signal.h>

#include "http.h"

static gnutls_certificate_credentials_t credentials;
static int
    mutates; /* what was handed over is overwritten before the call is repeated: GnuTLS has its own copy by then */

static int is_over(gnutls_session_t session, ssize_t result) {
  if (result != GNUTLS_E_AGAIN && result != GNUTLS_E_INTERRUPTED) return 1;
  wait_until(gnutls_transport_get_int(session), gnutls_record_get_direction(session) == 0 ? POLLIN : POLLOUT);
  return 0;
}

/* A response that fits into one record is gathered from two halves; of a longer one, what could not be sent is resumed
 * without being given again. */
static int send_all(gnutls_session_t session, const char* bytes, size_t length) {
  if (length < 1000) {
    gnutls_record_cork(session);
    gnutls_record_send(session, bytes, length / 2);
    gnutls_record_send(session, bytes + length / 2, length - length / 2);
    return gnutls_record_uncork(session, GNUTLS_RECORD_WAIT) >= 0;
  }
  while (length > 0) {
    ssize_t sent = gnutls_record_send(session, bytes, length);
    while (sent < 0) {
      if (is_over(session, sent)) return 0;
      if (mutates) memset((void*)bytes, '!', length);
      sent = gnutls_record_send(session, 0, 0);
    }
    bytes += sent;
    length -= (size_t)sent;
  }
  return 1;
}

static void converse(gnutls_session_t session, struct input* in) {
  char* response;
  size_t length;
  for (;;) {
    const ssize_t got = gnutls_record_recv(session, in->bytes + in->length, sizeof in->bytes - 1 - in->length);
    if (got == 0) return;
    if (got < 0) {
      if (is_over(session, got)) return;
      continue;
    }
    in->length += (size_t)got;
    while ((response = take_request(in, &length)) != 0) {
      const int sent = send_all(session, response, length);
      free(response);
      if (!sent) return;
    }
  }
}

static void* serve(void* argument) {
  const int fd = (int)(long)argument, small = 4096; /* of what is sent: it must fill, so that sends are resumed */
  struct input* in = calloc(1, sizeof *in);
  gnutls_session_t session;
  int result;
  gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NONBLOCK);
  gnutls_set_default_priority(session);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
  set_nonblocking(fd);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  gnutls_transport_set_int(session, fd);
  while ((result = gnutls_handshake(session)) < 0 && !is_over(session, result)) {
  }
  if (result == 0) converse(session, in);
  gnutls_bye(session, GNUTLS_SHUT_WR);
  gnutls_deinit(session);
  close(fd);
  free(in);
  return 0;
}

int main(int count, char** words) {
  pthread_t thread;
  int listener;
  if (count < 4) return 2;
  mutates = count > 4;
  signal(SIGPIPE, SIG_IGN);
  gnutls_certificate_allocate_credentials(&credentials);
  if (gnutls_certificate_set_x509_key_file(credentials, words[2], words[3], GNUTLS_X509_FMT_PEM) < 0) return 1;
  listener = listen_on(atoi(words[1]));
  for (;;) {
    const int fd = accept(listener, 0, 0);
    if (fd >= 0 && pthread_create(&thread, 0, serve, (void*)(long)fd) == 0) pthread_detach(thread);
  }
}
