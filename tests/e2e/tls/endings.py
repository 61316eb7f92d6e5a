"""A TLS server whose responses have no length: they end with the connection.

/told: the peer is told that this is the end. /untold: it is not. /failed: a write fails when a part of it was sent, then
the peer is told. Usage: endings.py PORT CERTIFICATE KEY
"""

import socket
import ssl
import sys
import threading

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def respond(session, target):
    session.sendall(HEAD + b"begin\n")
    if target == b"/failed":
        session.settimeout(0.5)
        try:
            session.sendall(bytes(16 << 20))
        except TimeoutError:
            pass
    if target != b"/untold":
        session.settimeout(0)
        try:
            session.unwrap()
        except OSError:
            pass


def serve(connection, context):
    with context.wrap_socket(connection, server_side=True) as session:
        request = b""
        while b"\r\n\r\n" not in request:
            request += session.recv(4096)
        respond(session, request.split()[1])


def main():
    port, certificate, key = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", int(port)))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, context), daemon=True).start()


main()
