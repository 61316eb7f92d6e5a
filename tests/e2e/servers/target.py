"""A target with one fault: target.py PORT FAULT [--delay S] [--tls CERT KEY] [--later N CERT KEY] [--keep FILE]

FAULT is ok, close (after each answer), reset, stall, garbage, half (every other request gets no answer), gone (after three
answers), endless (a body without end) or four (answers when four requests of a connection are there). --later: from the Nth connection on, another certificate. Answers are "ok"; each after the delay."""
import argparse
import os
import socket
import ssl
import struct
import threading
import time

options = argparse.ArgumentParser()
options.add_argument("port", type=int)
options.add_argument("fault")
options.add_argument("--delay", type=float, default=0)
options.add_argument("--tls", nargs=2)
options.add_argument("--later", nargs=3)
options.add_argument("--keep", metavar="FILE", help="what is received, one after the other")
options = options.parse_args()

lock = threading.Lock()
requests = 0


def split(data):
    """How many whole requests stand at the front, and what is left."""
    found = 0
    while b"\r\n\r\n" in data:
        head, rest = data.split(b"\r\n\r\n", 1)
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, value = line.split(b":", 1)
            if name.lower() == b"content-length":
                length = int(value)
        if len(rest) < length:
            break
        found += 1
        data = rest[length:]
    return found, data


def answer(connection, number):
    """False: the connection is over."""
    time.sleep(options.delay)
    if options.fault == "reset":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes ")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    if options.fault == "stall":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes ")
        time.sleep(3600)
    if options.fault == "garbage":
        connection.sendall(b"\x16\x03\x01 no http\r\n\r\n")
        return False
    if options.fault == "endless":
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(os.urandom(65536))
    if options.fault == "half" and number % 2 == 0:
        time.sleep(3600)
    if options.fault == "gone" and number > 3:
        # At once: closing it waits for the thread in accept(), and a connection made meanwhile would not be refused.
        listener.shutdown(socket.SHUT_RDWR)
        os._exit(0)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    return options.fault != "close"


def serve(connection, context):
    global requests
    try:
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        data = b""
        held = 0
        while chunk := connection.recv(65536):
            if options.keep:
                with lock, open(options.keep, "ab") as kept:
                    kept.write(chunk)
            found, data = split(data + chunk)
            held += found
            while held and (options.fault != "four" or held >= 4):
                for _ in range(4 if options.fault == "four" else 1):
                    held -= 1
                    with lock:
                        requests += 1
                        number = requests
                    if not answer(connection, number):
                        return
    except OSError:
        pass
    finally:
        connection.close()


def context_of(pair):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    return context


first = context_of(options.tls) if options.tls else None
later = context_of(options.later[1:]) if options.later else None
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", options.port))
listener.listen(128)
number = 0
while True:
    accepted, _ = listener.accept()
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    number += 1
    chosen = later if later and number >= int(options.later[0]) else first
    threading.Thread(target=serve, args=(accepted, chosen), daemon=True).start()
