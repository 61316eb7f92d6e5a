#!/usr/bin/env python3
"""stateful_clients.py PORT CLIENTS: so many clients of stateful.py at once, each with two connections. Exit code 1 when
an answer is not what a client expects."""
import http.client
import json
import re
import sys
import threading
from html import unescape
from urllib.parse import urlencode

PORT, CLIENTS = int(sys.argv[1]), int(sys.argv[2])
FAILED = []


class Client:
    def __init__(self, number):
        self.user = f"user{number}"
        # Requests of one session go over both in turn, as a browser's do.
        self.connections = [http.client.HTTPConnection("127.0.0.1", PORT, timeout=60) for _ in range(2)]
        self.turn = 0
        self.always = {}

    def ask(self, expected, method, path, body=None, headers=()):
        self.turn += 1
        connection = self.connections[self.turn % 2]
        connection.request(method, path, body, {**self.always, **dict(headers)})
        answer = connection.getresponse()
        content = answer.read().decode()
        if answer.status != expected:
            raise RuntimeError(f"{method} {path}: {answer.status} {content}")
        return answer, json.loads(content) if content.startswith("{") else content

    def run(self):
        login, answer = self.ask(200, "POST", "/login", json.dumps({"user": self.user, "password": "x"}))
        self.always = {"Cookie": login.getheader("Set-Cookie").split(";")[0]}
        self.orders(answer["csrf"])
        self.always = {"Authorization": "Bearer " + answer["token"]}
        self.notes()

    def orders(self, csrf):
        _, page = self.ask(200, "GET", "/form")
        from_form = unescape(re.search(r'value="([^"]*)"', page).group(1))
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for item in ("apples", "pears"):
            made, order = self.ask(201, "POST", "/orders", urlencode({"item": item, "csrf": from_form}), form)
            self.ask(200, "GET", made.getheader("Location"))
            change = json.dumps({"orderId": order["id"], "item": item + " & plums"})
            self.ask(200, "PUT", f"/orders/{order['id']}", change, {"X-CSRF-Token": csrf})
            self.ask(200, "GET", f"/orders/{order['id']}")
        self.ask(204, "DELETE", f"/orders/{order['id']}", headers={"X-CSRF-Token": csrf})
        self.ask(404, "GET", f"/orders/{order['id']}")

    def notes(self):
        for i in range(5):
            made, note = self.ask(201, "POST", "/api/notes/", json.dumps({"text": f"note {i}"}))
        changed, _ = self.ask(200, "PUT", "/api/notes/" + note["id"], json.dumps({"text": "changed"}),
                              {"If-Match": made.getheader("ETag")})
        path = "/api/notes/"
        while path:
            path = self.ask(200, "GET", path)[1].get("next")
        self.ask(412, "DELETE", "/api/notes/" + note["id"], headers={"If-Match": '"wrong"'})
        self.ask(204, "DELETE", "/api/notes/" + note["id"], headers={"If-Match": changed.getheader("ETag")})
        self.ask(404, "GET", "/api/notes/" + note["id"])


def run(number):
    try:
        Client(number).run()
    except Exception as error:  # pylint: disable=broad-except
        FAILED.append(f"client {number}: {error}")


threads = [threading.Thread(target=run, args=(n,)) for n in range(CLIENTS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("\n".join(FAILED[:10]))
sys.exit(1 if FAILED else 0)
