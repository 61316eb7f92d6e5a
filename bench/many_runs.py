#!/usr/bin/env python3
"""Time of `ls` and `scrub` on a file with many runs: python3 bench/many_runs.py RUNS BINARY…

Half of the runs are rechecks, each of the run before it. One recording with one exchange; each run has its response.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import sqlite3

SCHEMA = pathlib.Path(__file__).parent.parent / "schema"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


def make(path, runs):
    database = sqlite3.connect(path, isolation_level=None)
    steps = sorted(SCHEMA.glob("migration_*.sql"))
    database.executescript("PRAGMA page_size = 16384; PRAGMA application_id = 0x74726563;")
    for step in steps:
        database.executescript(step.read_text())
    database.executescript(f"PRAGMA user_version = {len(steps)}; BEGIN;")
    database.execute("INSERT INTO recording (id, name, command, pid, host, version, options, started_unix_ns, ended_unix_ns)"
                     " VALUES (1, '', 'c', 1, 'h', 'v', '{}', 1, 2)")
    database.execute(
        "INSERT INTO exchange (id, recording_id, connection_id, seq, started_unix_ns, method, target, status, complete, notes, interim,"
        " request_head, request_wire_bytes, request_captured_bytes, request_body, response_head, response_wire_bytes,"
        " response_captured_bytes, response_body, request_key)"
        " VALUES (1, 1, 1, 0, 1, 'GET', '/', 200, 1, '', x'', ?, 0, 0, x'', ?, 2, 2, x'6f6b', 1)",
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", HEAD))
    for run in range(1, runs + 1):
        database.execute("INSERT INTO run (id, recording_id, target, options, started_unix_ns, ended_unix_ns, recheck_of)"
                         " VALUES (?, 1, 'http://a', '{}', ?, ?, ?)", (run, run, run, None if run % 2 else run - 1))
        database.execute(
            "INSERT INTO response (run_id, exchange_id, intended_ns, sent_ns, status, response_head, response_wire_bytes,"
            " response_captured_bytes, response_body) VALUES (?, 1, 0, 0, 200, ?, 2, 2, x'6f6b')", (run, HEAD))
    database.execute("COMMIT")
    database.close()
    os.chmod(path, 0o600)


def seconds(command):
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stderr}")
    return time.monotonic() - begun


def main():
    runs = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "t.db")
        make(trace, runs)
        for binary in sys.argv[2:]:
            copy = os.path.join(folder, "copy.db")
            ls = seconds([binary, "-d", trace, "ls"])
            scrub = seconds([binary, "scrub", trace, "-o", copy])
            os.remove(copy)
            print(f"{binary}: {runs} runs: ls {ls:.2f} s, scrub {scrub:.2f} s", flush=True)


if __name__ == "__main__":
    main()
