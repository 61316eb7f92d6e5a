"""How fast the viewer responds on a large recording."""

import http.client
import json
import os
import pathlib
import re
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
    "an exchange": "exchanges/{middle}",
    "its connection": "exchanges/{middle}/timeline",
}


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
        viewer = Viewer(database)
        try:
            pages = {name: milliseconds(viewer, path.format(middle=exchanges // 2), 3 if quick else 9)
                     for name, path in PAGES.items()}
            seconds = {
                "all of the search by path": whole_search(viewer, "recordings/1/exchanges?path=/nothing/at/all"),
                "all of the search by text": whole_search(viewer, "recordings/1/exchanges?text=nothing-at-all"),
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
