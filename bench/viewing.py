"""How fast the viewer responds on a large recording."""

import http.client
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import time

import lab

PAGES = {
    "overview": "overview",
    "recording, with its traffic": "recordings/1",
    "first 100 exchanges": "recordings/1/exchanges",
    "the newest 100": "recordings/1/exchanges?newest_first=1",
    "a page in the middle": "recordings/1/exchanges?after={middle}",
    "a page by method and path": "recordings/1/exchanges?method=POST&path=/orders",
    "one slice of a search that finds nothing": "recordings/1/exchanges?path=/nothing/at/all",
    "one slice of a text search that finds nothing": "recordings/1/exchanges?text=nothing-at-all",
    "a page by status, beside a run": "recordings/1/exchanges?run=1&new_status=5xx",
    "an exchange": "exchanges/{middle}?run=1",
    "its connection": "exchanges/{middle}/timeline",
}


def add_run(database):
    """A run that got what was recorded, but for one exchange in a thousand: status 500."""
    with sqlite3.connect(database) as file:
        file.execute("INSERT INTO run (id, recording_id, target, options, started_unix_ns, ended_unix_ns)"
                     " VALUES (1, 1, 'http://staging:8080', '{}', 1, 2)")
        file.execute("INSERT INTO response (run_id, exchange_id, intended_ns, sent_ns, ttfb_ns, duration_ns, status,"
                     " response_wire_bytes, response_captured_bytes, response_body_id, response_head, response_body)"
                     " SELECT 1, id, 0, 0, ttfb_ns, duration_ns, iif(id % 1000 = 0, 500, status), response_wire_bytes,"
                     " response_captured_bytes, response_body_id, iif(id % 1000 = 0, CAST(replace(CAST(response_head AS"
                     " TEXT), 'HTTP/1.1 200', 'HTTP/1.1 500') AS BLOB), response_head), response_body FROM exchange")
        counted = file.execute("SELECT count(*) FROM response").fetchone()[0]
        file.executemany("INSERT INTO run_ledger VALUES (1, ?, ?, 0)",
                         [(key, counted) for key in ("planned", "sent", "answered")])


class Viewer:
    """The program on a file, and one connection to it."""

    def __init__(self, database):
        self.process = subprocess.Popen([str(lab.TRACEREC), "-d", str(database), "ui", "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        host, self.token = re.match(r"http://([^/]+)/#token=(\w+)", self.process.stdout.readline()).groups()
        self.connection = http.client.HTTPConnection(host)

    def get(self, path):
        self.connection.request("GET", "/api/v1/" + path, headers={"Authorization": "Bearer " + self.token})
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())

    def close(self):
        self.process.terminate()
        self.process.wait()


def milliseconds(viewer, path, rounds):
    times = []
    for _ in range(rounds):
        started = time.monotonic()
        status, _ = viewer.get(path)
        assert status == 200, path
        times.append((time.monotonic() - started) * 1000)
    return times


def whole_search(viewer, path):
    """Until all was looked at: how many seconds."""
    started, after = time.monotonic(), ""
    while after is not None:
        _, page = viewer.get(f"{path}&limit=1000" + (f"&after={after}" if after else ""))
        after = page["next"]
    return time.monotonic() - started


def job_seconds(viewer, path):
    started = time.monotonic()
    while viewer.get(path)[0] == 202:
        time.sleep(0.05)
    return time.monotonic() - started


def measure(quick):
    exchanges = 100_000 if quick else 1_000_000
    with lab.workspace() as work:
        database = pathlib.Path(work) / "large.db"
        subprocess.run([str(lab.BUILD / "bench/make_recording"), str(database), str(exchanges), "mixed"], check=True,
                       stdout=subprocess.DEVNULL)
        add_run(database)
        viewer = Viewer(database)
        try:
            pages = {name: milliseconds(viewer, path.format(middle=exchanges // 2), 3 if quick else 9)
                     for name, path in PAGES.items()}
            seconds = {
                "all of the search by path": whole_search(viewer, "recordings/1/exchanges?path=/nothing/at/all"),
                "all of the search by text": whole_search(viewer, "recordings/1/exchanges?text=nothing-at-all"),
                "comparing the run (a job)": job_seconds(viewer, "runs/1/report"),
                "endpoints and their times (a job)": job_seconds(viewer, "recordings/1/endpoints"),
            }
        finally:
            viewer.close()
        return {"exchanges": exchanges, "megabytes": os.path.getsize(database) / 1e6, "pages": pages,
                "seconds": seconds}


def report(results):
    rows = [[name, f"{lab.spread(times, 1)} ms"] for name, times in results["pages"].items()]
    rows += [[name, f"{seconds:.1f} s"] for name, seconds in results["seconds"].items()]
    return "\n".join([f"### The viewer on {results['exchanges']:,} exchanges ({results['megabytes']:.0f} MB)", "",
                      lab.table(["request", "takes"], rows), ""])
