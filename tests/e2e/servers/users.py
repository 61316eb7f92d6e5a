"""A server with users: users.py PORT TOKEN_PREFIX. POST /login {"user": u} gives {"token": prefix-u-…}; GET /me
needs it. POST /items {"name": n} answers 409 when n is there. GET /items/N needs an id that POST gave."""
import http.server
import json
import sys
import threading
import uuid

LOCK = threading.Lock()
ITEMS = {}


def token_of(user):
    return f"{sys.argv[2]}-{user}-0123456789abcdef"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment

    def respond(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def user(self):
        given = self.headers.get("Authorization", "")
        return next((u for u in ("alice", "bob") if given == "Bearer " + token_of(u)), None)

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/login":
            return self.respond(200, {"token": token_of(sent["user"])})
        if self.user() is None:
            return self.respond(401, {"error": "who are you?"})
        with LOCK:
            if sent["name"] in ITEMS:
                return self.respond(409, {"error": "there is one"})
            ITEMS[sent["name"]] = str(uuid.uuid5(uuid.NAMESPACE_URL, sys.argv[2] + "-" + sent["name"]))
            return self.respond(201, {"id": ITEMS[sent["name"]]})

    def do_GET(self):
        user = self.user()
        if user is None:
            return self.respond(401, {"error": "who are you?"})
        if self.path.startswith("/items/") and self.path[7:] not in ITEMS.values():
            return self.respond(404, {})
        return self.respond(200, {"user": user})

    def log_message(self, *arguments):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
