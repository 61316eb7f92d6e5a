#!/usr/bin/env python3
"""A small service that creates, reads, changes and deletes: crud.py PORT [FAULT]

Ids are UUIDs, and times stand in every format: created_at and updated_at, seconds and milliseconds since 1970, HTTP
dates; each item has a URL of itself, by the Host of the request. FAULT, each a regression:
unit         the milliseconds are seconds
total        the total of the list is off by one
renamed      updated_at is called updatedAt
zone         times have another zone than they say
somebody     an item has the id of another one
host         the URL of an item names another host
"""
import datetime
import email.utils
import json
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULT = sys.argv[2] if len(sys.argv) > 2 else ""
ITEMS = {}


def now():
    moment = datetime.datetime.now(datetime.timezone.utc)
    if FAULT == "zone":
        moment += datetime.timedelta(hours=1)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16

    def log_message(self, *_):
        pass

    def answer(self, status, value=None):
        body = json.dumps(value).encode() if value is not None else b""
        self.send_response(status)
        if body:
            self.send_header("Content-Type", "application/json")
        if status == 201:
            self.send_header("Location", "/items/" + value["id"])
        self.send_header("X-RateLimit-Remaining", str(5000 - int(time.time()) % 5000))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def shown(self, item):
        shown = dict(item)
        host = "elsewhere.example" if FAULT == "host" else self.headers["Host"]
        shown["self"] = f"http://{host}/items/{item['id']}"
        if FAULT == "renamed":
            shown["updatedAt"] = shown.pop("updated_at")
        return shown

    def do_GET(self):
        if self.path == "/items":
            return self.answer(200, {"items": [self.shown(item) for item in ITEMS.values()],
                                     "total": len(ITEMS) + (FAULT == "total"), "generated": now()})
        item = ITEMS.get(self.path.rsplit("/", 1)[1])
        if item is None:
            return self.answer(404, {"error": "no such item", "at": now()})
        if FAULT == "somebody":
            item = dict(item, id=next(iter(ITEMS)))
        self.answer(200, self.shown(item))

    def read(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def do_POST(self):
        item = self.read()
        seconds = time.time()
        item.update(id=str(uuid.uuid4()), created_at=now(), updated_at=now(), epoch=int(seconds),
                    ms=int(seconds * (1 if FAULT == "unit" else 1000)), http=email.utils.formatdate(usegmt=True))
        ITEMS[item["id"]] = item
        self.answer(201, self.shown(item))

    def do_PUT(self):
        item = ITEMS.get(self.path.rsplit("/", 1)[1])
        if item is None:
            return self.answer(404, {"error": "no such item"})
        item.update(self.read(), updated_at=now())
        self.answer(200, self.shown(item))

    def do_DELETE(self):
        self.answer(204 if ITEMS.pop(self.path.rsplit("/", 1)[1], None) else 404)


class Server(ThreadingHTTPServer):
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
