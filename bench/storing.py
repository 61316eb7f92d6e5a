"""What the trace file takes and how fast it is read."""

import json
import pathlib
import shutil
import sqlite3
import subprocess
import time

import lab
import replaying


def seconds(*command):
    started = time.monotonic()
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return time.monotonic() - started, len(done.stdout)


def har_bytes(database):
    """The size of an HTTP archive (HAR 1.2) with the same exchanges, without white space."""
    def message(head, body, first):
        lines = head.decode("latin-1").split("\r\n")
        headers = [dict(zip(("name", "value"), line.split(": ", 1))) for line in lines[1:] if ": " in line]
        return {**first, "httpVersion": "HTTP/1.1", "cookies": [], "headers": headers, "headersSize": len(head),
                "bodySize": len(body)}
    size = len('{"log":{"version":"1.2","creator":{"name":"","version":""},"entries":[]}}')
    with sqlite3.connect(database) as file:
        for row in file.execute("SELECT method, target, status, request_head, request_body, response_head, response_body,"
                                " duration_ns FROM exchange WHERE request_body NOT NULL AND response_body NOT NULL"):
            method, target, status, request_head, request, response_head, response, duration_ns = row
            ms = duration_ns / 1e6
            entry = {"startedDateTime": "2026-01-01T00:00:00.000000Z", "time": ms, "cache": {},
                     "timings": {"send": 0, "wait": ms, "receive": 0},
                     "request": {**message(request_head, request, {"method": method, "url": "http://127.0.0.1:8080" + target}),
                                 "queryString": [], "postData": {"mimeType": "application/json", "text": request.decode("latin-1")}},
                     "response": {**message(response_head, response, {"status": status, "statusText": "OK"}), "redirectURL": "",
                                  "content": {"size": len(response), "mimeType": "application/json", "text": response.decode("latin-1")}}}
            size += len(json.dumps(entry, separators=(",", ":"))) + 1
    return size


def measure(quick):
    count = 20_000 if quick else 100_000
    results = {"count": count}
    with lab.workspace() as work:
        gin = lab.Gin()
        capture = None
        try:
            lab.wrk(gin, 900, 1)
            pcap = pathlib.Path(work) / "x.pcap"
            if shutil.which("tcpdump"):
                capture = subprocess.Popen(["tcpdump", "-i", "lo", "-w", str(pcap), "-Z", "root", "-B", "65536", f"tcp port {gin.port}"],
                                           stderr=subprocess.DEVNULL)
                time.sleep(1)
            database = pathlib.Path(work) / "t.db"
            recording = lab.Recording(database, gin.pid())
            lab.h2load_count(gin, 700, count, work)
            recording.finish()
            if capture:
                time.sleep(1)
                lab.stop(capture)
                results["pcap_bytes"] = pcap.stat().st_size
        finally:
            gin.close()
            if capture:
                lab.stop(capture)
        with sqlite3.connect(database) as file:
            results["wire_bytes"] = file.execute(
                "SELECT sum(length(request_head) + length(response_head) + length(interim) + request_captured_bytes"
                " + response_captured_bytes) FROM exchange").fetchone()[0]
        results["file_bytes"] = database.stat().st_size
        tracerec = [lab.TRACEREC, "-d", database]
        results["ls_s"], _ = seconds(*tracerec, "ls")
        results["ls_all_s"], _ = seconds(*tracerec, "ls", "--recording", "1")
        results["show_s"], _ = seconds(*tracerec, "show", str(count // 2))
        results["jsonl_s"], results["jsonl_bytes"] = seconds(*tracerec, "export", "jsonl")
        results["har_bytes"] = har_bytes(database)
        results["curl_s"], _ = seconds(*tracerec, "export", "curl")
    return results


def report(results):
    wire = results["wire_bytes"]
    sizes = [["wire bytes of the exchanges", f"{wire / results['count']:,.0f}", "1"],
             ["trace file", f"{results['file_bytes'] / results['count']:,.0f}", f"{results['file_bytes'] / wire:.2f}"],
             ["the same as JSON lines", f"{results['jsonl_bytes'] / results['count']:,.0f}", f"{results['jsonl_bytes'] / wire:.2f}"],
             ["the same as HAR", f"{results['har_bytes'] / results['count']:,.0f}", f"{results['har_bytes'] / wire:.2f}"]]
    if "pcap_bytes" in results:
        sizes.append(["tcpdump of the same traffic", f"{results['pcap_bytes'] / results['count']:,.0f}",
                      f"{results['pcap_bytes'] / wire:.2f}"])
    times = [[name, f"{results[key]:.3f}"] for name, key in
             [("`ls`", "ls_s"), ("`ls --recording 1`, every exchange", "ls_all_s"), ("`show ID`", "show_s"), ("`export jsonl`", "jsonl_s"), ("`export curl`", "curl_s")]]
    return "\n".join([f"### The trace file ({results['count']:,} exchanges of 1 KB)", "",
                      lab.table(["", "bytes / exchange", "÷ wire"], sizes), "",
                      lab.table(["command", "s"], times), ""])
