"""What recording costs, and whether everything is there: tracerec and its peers beside the same servers."""

import json
import mmap
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import time

import lab
from lab import spread

MARK = b"HTTP/1.1 200"


def count_marks(path, mark):
    """How many responses a peer has in its output: files of a folder, or one file."""
    path = pathlib.Path(path)
    found = 0
    for file in path.iterdir() if path.is_dir() else [path]:
        if file.stat().st_size == 0:
            continue
        with open(file, "rb") as data, mmap.mmap(data.fileno(), 0, access=mmap.ACCESS_READ) as view:
            at = view.find(mark)
            while at != -1:
                found += 1
                at = view.find(mark, at + len(mark))
    return found


class Peer:
    """Another tool. `command` has {pid}, {port}, {out}; responses are counted in `out` or in what it prints."""

    def __init__(self, name, note, command, output="out", ready="", mark=MARK, folder=False):
        self.name, self.note, self.command, self.ready, self.mark = name, note, command, ready, mark
        self.output, self.folder = output, folder

    def available(self):
        return shutil.which(self.command[0]) is not None

    def start(self, server, work):
        self.out = pathlib.Path(work) / "peer"
        if self.folder:
            self.out.mkdir()
        command = [c.format(pid=server.pid(), port=server.port, out=self.out) for c in self.command]
        self.log = pathlib.Path(work) / "peer.log"
        with open(self.log, "wb") as log, open(f"{self.out}.stdout", "wb") as stdout:
            self.process = subprocess.Popen(command, stdout=stdout, stderr=log)
        for _ in range(200):
            if not self.ready or self.ready in self.log.read_text(errors="replace"):
                break
            time.sleep(0.05)
        time.sleep(1)

    def finish(self):
        cpu = lab.cpu_seconds(self.process.pid) if self.process.poll() is None else float("nan")
        lab.stop(self.process, signal.SIGINT)
        where = self.out if self.output == "out" else pathlib.Path(f"{self.out}.stdout")
        captured = count_marks(where, self.mark)
        shutil.rmtree(self.out, ignore_errors=True)
        for leftover in (self.out, pathlib.Path(f"{self.out}.stdout")):
            if leftover.is_file():
                leftover.unlink()
        return {"captured": captured, "cpu_s": cpu}


BPFTRACE = """
tracepoint:syscalls:sys_enter_write /pid == {pid}/ {{ printf("%r\\n", buf(args->buf, args->count)); }}
tracepoint:syscalls:sys_enter_read /pid == {pid}/ {{ @b[tid] = args->buf; }}
tracepoint:syscalls:sys_exit_read /@b[tid]/ {{ if (args->ret > 0) {{ printf("%r\\n", buf(@b[tid], args->ret)); }} delete(@b[tid]); }}
"""

PEERS = [
    Peer("tcpdump", "packets only", ["tcpdump", "-i", "lo", "-w", "{out}", "-Z", "root", "-B", "65536", "tcp port {port}"],
         ready="listening"),
    Peer("GoReplay", "requests and responses, appended to a file",
         ["gor", "--input-raw", ":{port}", "--input-raw-track-response", "--output-file", "{out}",
          "--output-file-append"]),
    Peer("tcpflow", "payload of each flow, no pairing", ["tcpflow", "-i", "lo", "-o", "{out}", "tcp port {port}"],
         folder=True),
    Peer("httpry", "heads only", ["httpry", "-q", "-i", "lo", "-o", "{out}", "tcp port {port}"],
         mark=b"HTTP/1.1\t200"),
    Peer("bpftrace", "the same buffers, 64 bytes of each", ["bpftrace", "-B", "full", "-e", BPFTRACE], output="stdout"),
    Peer("strace", "the same system calls", ["strace", "-f", "-qq", "-s", "65536", "-e", "trace=read,write", "-o", "{out}",
                                             "-p", "{pid}"]),
    Peer("entry and exit hooks", "the walkthrough's design: a wake-up for each event",
         [str(lab.BUILD / "bench/walkthrough"), "{pid}"], output="stdout", ready="attached"),
]


def trace_run(server, size, seconds, work):
    """One run beside the recorder: rate, and what it used."""
    database = pathlib.Path(work) / "t.db"
    recording = lab.Recording(database, server.pid())
    load = lab.wrk(server, size, seconds)
    used = recording.finish()
    used["db_bytes"] = database.stat().st_size
    for file in pathlib.Path(work).glob("t.db*"):
        file.unlink()
    return {**load, **used}


def saturation(server, size, runs, seconds, work):
    """Pairs of runs, untraced and recorded, one after the other."""
    pairs = []
    for _ in range(runs):
        base = lab.wrk(server, size, seconds)
        traced = trace_run(server, size, seconds, work)
        pairs.append({"base": base["rate"], "kept": traced["rate"] / base["rate"], **traced,
                      "cpu_per_100k": traced["cpu_s"] * 1e5 / traced["stored"],
                      "end_per_100k": traced["end_cpu_s"] * 1e5 / traced["stored"]})
    return pairs


def beside_peer(peer, server, size, runs, seconds, work):
    pairs = []
    for _ in range(runs):
        base = lab.wrk(server, size, seconds)
        peer.start(server, work)
        load = lab.wrk(server, size, seconds)
        time.sleep(1)
        used = peer.finish()
        pairs.append({"base": base["rate"], "kept": load["rate"] / base["rate"],
                      "captured": used["captured"] / load["requests"], "cpu_s": used["cpu_s"],
                      "requests": load["requests"]})
    return pairs


def exactness(server, size, count, work, rate=None, connections=lab.CONNECTIONS):
    """A known number of requests: how many exchanges are there, whole, with a body of the right length."""
    database = pathlib.Path(work) / "exact.db"
    recording = lab.Recording(database, server.pid())
    reached = lab.h2load_count(server, size, count, work, rate, connections)
    used = recording.finish()
    with sqlite3.connect(database) as file:
        exact = file.execute("SELECT count(*) FROM exchange WHERE complete = 1 AND response_captured_bytes = ?",
                             (server.body_bytes(size),)).fetchone()[0]
        if exact == 0:  # chunked by the server: framing is stored too
            exact = file.execute("SELECT count(*) FROM exchange WHERE complete = 1 AND response_captured_bytes > ?",
                                 (server.body_bytes(size),)).fetchone()[0]
    for file in pathlib.Path(work).glob("exact.db*"):
        file.unlink()
    return {"server": server.name, "size": size, "rate": reached, "served": count, "captured": used["stored"], "exact": exact,
            "lost_bytes": used["lost_bytes"]}


def fixed_rate(server, size, rate, runs, seconds, work):
    pairs = []
    for _ in range(runs):
        base = lab.h2load_rate(server, size, rate, seconds, work)
        recording = lab.Recording(pathlib.Path(work) / "rate.db", server.pid())
        traced = lab.h2load_rate(server, size, rate, seconds, work)
        used = recording.finish()
        for file in pathlib.Path(work).glob("rate.db*"):
            file.unlink()
        pairs.append({"base": base, "traced": traced, "cpu_per_100k": used["cpu_s"] * 1e5 / used["stored"]})
    return pairs


def hook_time(server, size, seconds, work):
    """CPU seconds of the BPF programs for 100,000 exchanges, as the kernel counts them (which itself costs time)."""
    switch = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")
    switch.write_text("1", encoding="utf-8")
    try:
        recording = lab.Recording(pathlib.Path(work) / "hooks.db", server.pid())
        before = bpf_programs()
        lab.wrk(server, size, seconds)
        after = bpf_programs()
        used = recording.finish()
    finally:
        switch.write_text("0", encoding="utf-8")
    for file in pathlib.Path(work).glob("hooks.db*"):
        file.unlink()
    programs = {}
    for key, (name, time_ns, runs) in after.items():
        _, old_ns, old_runs = before.get(key, (name, 0, 0))
        if runs > old_runs:
            programs[name] = {"s_per_100k": (time_ns - old_ns) / 1e9 * 1e5 / used["stored"],
                              "ns": (time_ns - old_ns) / (runs - old_runs)}
    return programs


def bpf_programs():
    bpftool = shutil.which("bpftool") or "/usr/sbin/bpftool"
    programs = json.loads(lab.output(bpftool, "-j", "prog", "show"))
    return {p["id"]: (p.get("name", "?"), p.get("run_time_ns", 0), p.get("run_cnt", 0)) for p in programs}


def bystander(runs, server, work):
    """A process that is not recorded, in a loop of system calls: its speed while another one is."""
    loop = lab.BUILD / "bench/syscall_loop"
    shares = {}
    for _ in range(runs):
        base = json.loads(lab.output(loop))
        recording = lab.Recording(pathlib.Path(work) / "other.db", server.pid())
        traced = json.loads(lab.output(loop))
        recording.finish()
        for call, ns in base.items():
            shares.setdefault(call, []).append((ns, ns / traced[call]))
    return shares


def measure_gin(quick, results, work):
    runs, seconds = (2, 1) if quick else (5, 4)
    gin = lab.Gin()
    try:
        lab.wrk(gin, 100, 1 if quick else 2)  # warm up
        results["gin_100"] = saturation(gin, 100, runs, seconds, work)
        results["exact"] = [exactness(gin, 100, 20_000 if quick else 200_000, work)]
        results["hooks"] = hook_time(gin, 100, seconds, work)
        results["bystander"] = bystander(1 if quick else 5, gin, work)
        results["half_rate"] = lab.median([pair["base"] for pair in results["gin_100"]]) / 2
        results["fixed"] = fixed_rate(gin, 100, results["half_rate"], runs, 2 if quick else 6, work)
        results["peers"] = {peer.name: beside_peer(peer, gin, 100, 1 if quick else 3, 1 if quick else 3, work)
                            for peer in (PEERS[:2] if quick else PEERS) if peer.available()}
        if not quick:
            for size in (1024, 102400):
                results[f"gin_{size}"] = saturation(gin, size, 3, seconds, work)
                results["exact"].append(exactness(gin, size, 10_000 if size == 1024 else 2_000, work))
    finally:
        gin.close()


def measure_nginx(quick, results, work):
    nginx = lab.Nginx(work)
    try:
        lab.wrk(nginx, 100, 1)
        for size in (100,) if quick else (100, 1024, 102400):
            results[f"nginx_{size}"] = saturation(nginx, size, 1 if quick else 3, 1 if quick else 4, work)
            results["exact"].append(exactness(nginx, size, 2_000 if size > 1024 else 20_000, work))
        results["exact"].append(exactness(nginx, 102400, 6_000 if quick else 24_000, work, 6_000))
    finally:
        nginx.close()


def measure_large_responses(quick, results, work):
    """800 MB a second, through a buffer of the process. With more connections h2load sends larger bursts."""
    nginx = lab.Nginx(work, sendfile=False)
    try:
        results["exact"].append(exactness(nginx, 1048576, 800 if quick else 2_400, work, 800, connections=8))
    finally:
        nginx.close()


def measure_tls(quick, results, work):
    nginx = lab.Nginx(work, tls=True)
    try:
        lab.wrk(nginx, 10, 1)
        results["nginx TLS_10"] = saturation(nginx, 10, 1 if quick else 3, 1 if quick else 4, work)
    finally:
        nginx.close()


def measure(quick):
    results = {}
    with lab.workspace() as work:
        measure_gin(quick, results, work)
        measure_nginx(quick, results, work)
        measure_large_responses(quick, results, work)
        measure_tls(quick, results, work)
    return results


def report(results):
    rows = []
    for key, pairs in results.items():
        if not re.fullmatch(r"(gin|nginx|nginx TLS)_\d+", key):
            continue
        server, size = key.split("_")
        column = lambda name: [pair[name] for pair in pairs]
        rows.append([server, f"{int(size):,} B", f"{lab.median(column('base')):,.0f}", spread(column("kept")),
                     sum(column("lost_bytes")), spread(column("cpu_per_100k")),
                     f"{lab.median(column('end_per_100k')):.2f}", f"{max(column('memory_mb')):.0f}",
                     f"{lab.median([p['db_bytes'] / p['stored'] for p in pairs]):,.0f}"])
    text = ["### Recording at saturation", "", lab.table(
        ["server", "response", "untraced req/s", "throughput kept", "bytes lost", "recorder CPU s / 100,000",
         "at the end", "peak memory MB", "database bytes / exchange"], rows), "",
        "Starting the recorder, which loads and verifies its programs, costs "
        f"{spread([pair['start_cpu_s'] for pair in results['gin_100']])} CPU s once.", ""]
    rows = [["tracerec", "complete exchanges, paired, secrets replaced, in SQLite",
             spread([p["kept"] for p in results["gin_100"]]), "1.000"]]
    notes = {peer.name: peer.note for peer in PEERS}
    for name, pairs in results["peers"].items():
        rows.append([name, notes[name], spread([p["kept"] for p in pairs]), spread([p["captured"] for p in pairs], 3)])
    text += ["### Beside other tools (gin, 100 B)", "", lab.table(
        ["tool", "what it has", "throughput kept", "responses captured ÷ served"], rows), ""]
    text += ["### Everything there", "", lab.table(
        ["server", "response", "requests/s", "served", "captured ÷ served", "exact ÷ served", "bytes lost"],
        [[e["server"], f"{e['size']:,} B", f"{e['rate']:,.0f}", f"{e['served']:,}", f"{e['captured'] / e['served']:.4f}",
          f"{e['exact'] / e['served']:.4f}", e["lost_bytes"]] for e in results["exact"]]), ""]
    fixed = results["fixed"]
    text += [f"### Latency at half of saturation ({results['half_rate']:,.0f} requests/s)", "", lab.table(
        ["", "untraced ms", "recorded ms", "recorded ÷ untraced"],
        [[p, spread([f["base"][f"{p}_ms"] for f in fixed]), spread([f["traced"][f"{p}_ms"] for f in fixed]),
          spread([f["traced"][f"{p}_ms"] / f["base"][f"{p}_ms"] for f in fixed])] for p in ("p50", "p99")]), "",
        f"Recorder: {spread([f['cpu_per_100k'] for f in fixed])} CPU s / 100,000 exchanges at that rate.", ""]
    text += ["### The hooks", "", lab.table(
        ["program", "ns a call", "CPU s / 100,000 exchanges"],
        [[name, f"{p['ns']:.0f}", f"{p['s_per_100k']:.3f}"] for name, p in sorted(results["hooks"].items())]), ""]
    text += ["### A process that is not recorded", "", lab.table(
        ["system call", "ns, untraced", "speed kept"],
        [[call, f"{lab.median([ns for ns, _ in shares]):.0f}", spread([share for _, share in shares], 3)]
         for call, shares in results["bystander"].items()]), ""]
    return "\n".join(text)
