#!/usr/bin/env python3
"""A server that remembers: sessions, CSRF tokens, bearer tokens, made ids, versions, opaque cursors.

stateful.py PORT [SEED]      serves; nothing that it makes is equal in two processes
It answers 401 without a session or token, 403 with a wrong CSRF token, 404 for what is not there, 412 for a wrong
version, 400 for a wrong cursor. Every client sees only what it made itself, so that answers do not depend on the others.
"""
import base64
import hashlib
import hmac
import html
import itertools
import json
import os
import secrets
import socket
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

KEY = os.urandom(32)
LOCK = threading.Lock()
SESSIONS = {}  # sid → {"csrf", "user"}
ORDERS = {}    # number → order
NOTES = {}     # uuid → note
# Two processes count from different numbers.
NUMBERS = itertools.count(1 + int(sys.argv[2]) if len(sys.argv) > 2 else 1)


def b64(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def make_jwt(user):
    body = b64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + "." + b64(
        json.dumps({"sub": user, "jti": secrets.token_hex(8)}).encode())
    return body + "." + b64(hmac.new(KEY, body.encode(), hashlib.sha256).digest())


def check_jwt(token):
    body, _, mac = token.rpartition(".")
    if b64(hmac.new(KEY, body.encode(), hashlib.sha256).digest()) != mac:
        return None
    claims = body.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def answer(self, status, value=None, headers=(), kind="application/json"):
        body = b"" if value is None else (value if isinstance(value, bytes) else json.dumps(value).encode())
        self.send_response(status)
        for name, text in headers:
            self.send_header(name, text)
        if body:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def session(self):
        for pair in self.headers.get("Cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == "sid":
                return SESSIONS.get(value)
        return None

    def bearer(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return check_jwt(token) if scheme == "Bearer" else None

    def handle_one(self):
        url = urlsplit(self.path)
        parts = [p for p in url.path.split("/") if p]
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with LOCK:
            self.route(parts, query, body)

    do_GET = do_POST = do_PUT = do_DELETE = handle_one

    def route(self, parts, query, body):
        if parts == ["login"]:
            return self.login(json.loads(body))
        if parts[:1] == ["api"]:
            user = self.bearer()
            return self.notes(user, parts[2:], query, body) if user else self.answer(401, {"error": "token"})
        session = self.session()
        if session is None:
            return self.answer(401, {"error": "session"})
        if parts == ["form"]:
            page = f'<form><input type="hidden" name="csrf" value="{html.escape(session["csrf"])}"></form>'
            return self.answer(200, page.encode(), kind="text/html")
        if self.command in ("POST", "PUT", "DELETE"):
            form = parse_qs(body.decode()) if "urlencoded" in self.headers.get("Content-Type", "") else {}
            token = form.get("csrf", [self.headers.get("X-CSRF-Token")])[0]
            if token != session["csrf"]:
                return self.answer(403, {"error": "csrf"})
            return self.write_order(session, parts, form, body)
        return self.read_order(session, parts)

    def login(self, who):
        sid = secrets.token_urlsafe(24)
        # Needs escaping in a form, and in HTML.
        session = {"csrf": secrets.token_urlsafe(16) + "+/&=" + secrets.token_hex(4), "user": who["user"]}
        SESSIONS[sid] = session
        self.answer(200, {"token": make_jwt(who["user"]), "csrf": session["csrf"]},
                    [("Set-Cookie", f"sid={sid}; Path=/; HttpOnly")])

    def write_order(self, session, parts, form, body):
        if parts == ["orders"] and self.command == "POST":
            number = next(NUMBERS)
            ORDERS[number] = {"id": number, "item": form["item"][0], "version": 1, "owner": session["user"]}
            return self.answer(201, {"id": number, "item": form["item"][0]}, [("Location", f"/orders/{number}")])
        order = ORDERS.get(int(parts[1])) if len(parts) == 2 and parts[1].isdigit() else None
        if order is None or order["owner"] != session["user"]:
            return self.answer(404, {"error": "order"})
        if self.command == "DELETE":
            del ORDERS[int(parts[1])]
            return self.answer(204)
        change = json.loads(body)
        if change["orderId"] != order["id"]:
            return self.answer(409, {"error": "another order"})
        order["item"] = change["item"]
        self.answer(200, {"id": order["id"], "item": order["item"]})

    def read_order(self, session, parts):
        order = ORDERS.get(int(parts[1])) if len(parts) == 2 and parts[1].isdigit() else None
        if order is None or order["owner"] != session["user"]:
            return self.answer(404, {"error": "order"})
        self.answer(200, {"id": order["id"], "item": order["item"]})

    def notes(self, user, parts, query, body):
        if not parts and self.command == "POST":
            note = {"id": str(uuid.uuid4()), "text": json.loads(body)["text"], "owner": user, "tag": secrets.token_hex(8)}
            NOTES[note["id"]] = note
            return self.answer(201, {"id": note["id"], "text": note["text"]}, [("ETag", f'"{note["tag"]}"')])
        if not parts:
            return self.page(user, query)
        note = NOTES.get(parts[0])
        if note is None or note["owner"] != user:
            return self.answer(404, {"error": "note"})
        if self.command == "GET":
            return self.answer(200, {"id": note["id"], "text": note["text"]}, [("ETag", f'"{note["tag"]}"')])
        if self.headers.get("If-Match") != f'"{note["tag"]}"':
            return self.answer(412, {"error": "version"})
        if self.command == "DELETE":
            del NOTES[parts[0]]
            return self.answer(204)
        note["text"] = json.loads(body)["text"]
        note["tag"] = secrets.token_hex(8)
        self.answer(200, {"id": note["id"], "text": note["text"]}, [("ETag", f'"{note["tag"]}"')])

    # Two notes a page; the cursor is opaque and signed.
    def page(self, user, query):
        at = 0
        if "cursor" in query:
            raw = base64.b64decode(query["cursor"])
            if hmac.new(KEY, raw[16:], hashlib.sha256).digest()[:16] != raw[:16]:
                return self.answer(400, {"error": "cursor"})
            at = int(raw[16:])
        own = [n for n in NOTES.values() if n["owner"] == user]
        page = {"texts": [n["text"] for n in own[at:at + 2]]}
        if at + 2 < len(own):
            raw = str(at + 2).encode()
            cursor = base64.b64encode(hmac.new(KEY, raw, hashlib.sha256).digest()[:16] + raw).decode()
            page["next"] = "/api/notes/?cursor=" + quote(cursor, safe="")
        self.answer(200, page)


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
