#!/usr/bin/env python3
"""Versions of one service: versions.py PORT [FAULT]

Each answer has things that no two answers have in common: a request id and a time (not in those to POST /jobs), ids
that the server makes. FAULT:
missing      items have no name
short        request ids are one letter too short
die-after=N  the process ends instead of answering request N + 1
hang-after=N request N + 1 is never answered; answers have a counter
GET /count tells how many requests of which method came before.
"""
import datetime
import json
import os
import secrets
import socket
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULT = sys.argv[2] if len(sys.argv) > 2 else ""
LAST = int(FAULT.split("=")[1]) if FAULT.startswith("die-after=") else -1
HANG = int(FAULT.split("=")[1]) if FAULT.startswith("hang-after=") else -1
LOCK = threading.Lock()
COUNT = {}
JOBS = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *_):
        pass

    def answer(self, value, status=200):
        if self.path not in ("/count", "/jobs"):
            value["request"] = secrets.token_hex(16)[:31 if FAULT == "short" else 32]
            value["at"] = datetime.datetime.now(datetime.timezone.utc).isoformat()
            if HANG >= 0:
                value["served"] = HANG + sum(COUNT.values())
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def count(self):
        with LOCK:
            COUNT[self.command] = COUNT.get(self.command, 0) + 1
            number = sum(COUNT.values())
        if number == LAST + 1:
            os._exit(0)
        if number == HANG + 1:
            threading.Event().wait()

    def do_GET(self):
        if self.path == "/count":
            return self.answer(dict(COUNT))
        self.count()
        _, kind, name = self.path.split("/")
        if kind == "items":
            item = {"id": int(name), "name": "item " + name, "price": int(name) * 7, "tags": ["a", "b"]}
            if FAULT == "missing":
                del item["name"]
            return self.answer(item)
        if name not in JOBS:
            return self.answer({"error": "no such job"}, 404)
        return self.answer({"job": name, "n": JOBS[name], "state": "done"})

    def do_POST(self):
        n = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["n"]
        self.count()
        if self.path == "/rolls":
            return self.answer({"n": n, "roll": secrets.token_hex(16)})
        job = str(uuid.uuid4())
        JOBS[job] = n
        return self.answer({"job": job, "n": n, "state": "queued"}, 201)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
