"""A server whose answers need the token of its own login: login.py PORT TOKEN."""
import http.server
import json
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        good = self.path == "/login" and wanted == {"user": "u"}
        self.answer(200 if good else 403, {"session": {"token": sys.argv[2]}} if good else {})

    def do_GET(self):
        good = self.headers.get("Authorization") == "Bearer " + sys.argv[2]
        self.answer(200 if good else 401, {"path": self.path} if good else {"error": "who are you?"})

    def log_message(self, *arguments):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
