"""How fast a recording is sent again, beside load generators that store nothing, and how well its times are kept."""

import pathlib
import re
import shutil
import sqlite3
import subprocess
import time

import lab
from lab import spread


def record(server, size, count, work, name="replay.db", rate=None):
    """A recording of `count` exchanges on 32 connections."""
    database = pathlib.Path(work) / name
    recording = lab.Recording(database, server.pid(), "--max-exchanges", str(count))
    while recording.process.poll() is None:
        if rate:
            lab.h2load_rate(server, size, rate, count // rate + 1, work)
        else:
            lab.wrk(server, size, 2)
    return database


def replay(database, server, *options):
    """One replay: its rate until the last response is on the disk, wall time with evaluation, peak memory."""
    started = time.monotonic()
    done = subprocess.run(["/usr/bin/time", "-f", "peak %M", str(lab.TRACEREC), "-d", str(database), "replay", "--target",
                           f"127.0.0.1:{server.port}", "--allow-recorded-target", "--recheck", "off", *options],
                          text=True, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError("replay failed: " + done.stderr)
    with sqlite3.connect(database) as file:
        run, begun, ended = file.execute(
            "SELECT id, started_unix_ns, ended_unix_ns FROM run ORDER BY id DESC LIMIT 1").fetchone()
        answers, first, last = file.execute(
            "SELECT count(*), min(sent_ns), max(sent_ns + duration_ns) FROM response WHERE run_id = ? AND failure IS NULL",
            (run,)).fetchone()
    return {"run": run, "answers": answers, "wall_s": time.monotonic() - started,
            "memory_mb": int(re.search(r"peak (\d+)", done.stderr)[1]) / 1024,
            "sent_rate": answers / ((last - first) / 1e9), "stored_rate": answers / ((ended - begun) / 1e9)}


def stored(database, server, work):
    """Sent and stored, as users do it."""
    copy = pathlib.Path(work) / "run.db"
    shutil.copy(database, copy)
    done = replay(copy, server, "--speed", "max", "--connections", str(lab.CONNECTIONS))
    for file in pathlib.Path(work).glob("run.db*"):
        file.unlink()
    return done


def unstored(database, server):
    answers, took = lab.output(lab.BUILD / "bench/unstored", database, f"127.0.0.1:{server.port}", lab.CONNECTIONS).split()
    return int(answers) / float(took)


def at_full_speed(database, server, runs, work):
    """Each between two runs of wrk, as a share of their mean."""
    rows = []
    for _ in range(runs):
        base = [lab.wrk(server, 100, 3)["rate"]]
        ours = stored(database, server, work)
        base.append(lab.wrk(server, 100, 3)["rate"])
        nothing_stored = unstored(database, server)
        base.append(lab.wrk(server, 100, 3)["rate"])
        h2load = lab.h2load_count(server, 100, 100_000, work)
        base.append(lab.wrk(server, 100, 3)["rate"])
        mean = [(base[i] + base[i + 1]) / 2 for i in range(3)]
        rows.append({"wrk": lab.median(base), "sent": ours["sent_rate"] / mean[0], "stored": ours["stored_rate"] / mean[0],
                     "unstored": nothing_stored / mean[1], "h2load": h2load / mean[2], "memory_mb": ours["memory_mb"]})
    return rows


def on_time(database, server, work):
    """Replayed at recorded times: the schedule error."""
    copy = pathlib.Path(work) / "timed.db"
    shutil.copy(database, copy)
    run = replay(copy, server)["run"]
    with sqlite3.connect(copy) as file:
        errors = sorted(row[0] for row in file.execute("SELECT sent_ns - intended_ns FROM response WHERE run_id = ?", (run,)))
        planned = file.execute("SELECT (max(started_unix_ns) - min(started_unix_ns)) / 1e9 FROM exchange").fetchone()[0]
        took = file.execute("SELECT (max(sent_ns) - min(sent_ns)) / 1e9 FROM response WHERE run_id = ?", (run,)).fetchone()[0]
    for file in pathlib.Path(work).glob("timed.db*"):
        file.unlink()
    return {"requests": len(errors), "p50_ms": errors[len(errors) // 2] / 1e6, "p99_ms": errors[len(errors) * 99 // 100] / 1e6,
            "planned_s": planned, "took_s": took}


def measure(quick):
    results = {}
    with lab.workspace() as work:
        gin = lab.Gin()
        try:
            lab.wrk(gin, 100, 1)
            database = record(gin, 100, 50_000 if quick else 200_000, work)
            results["full_speed"] = at_full_speed(database, gin, 1 if quick else 5, work)
            timed = record(gin, 100, 10_000 if quick else 50_000, work, "paced.db", rate=5000)
            results["on_time"] = [on_time(timed, gin, work) for _ in range(1 if quick else 2)]
            if not quick:
                million = record(gin, 100, 1_000_000, work, "million.db")
                results["million"] = replay(million, gin, "--speed", "max", "--connections", str(lab.CONNECTIONS))
        finally:
            gin.close()
    return results


def report(results):
    rows = results["full_speed"]
    column = lambda name: [row[name] for row in rows]
    text = ["### Replaying at full speed (gin, 100 B, 32 connections)", "", lab.table(
        ["", "share of wrk's rate"],
        [["wrk", f"1 ({lab.median(column('wrk')):,.0f} requests/s)"], ["h2load", spread(column("h2load"))],
         ["tracerec, nothing stored", spread(column("unstored"))],
         ["tracerec, until the last response was there", spread(column("sent"))],
         ["tracerec, until the last response was on the disk", spread(column("stored"))]]), "",
        f"Peak memory: {max(column('memory_mb')):.0f} MB.", ""]
    text += ["### Replaying on time", "", lab.table(
        ["requests", "schedule error p50 ms", "p99 ms", "planned s", "took s"],
        [[f"{t['requests']:,}", f"{t['p50_ms']:.3f}", f"{t['p99_ms']:.3f}", f"{t['planned_s']:.3f}", f"{t['took_s']:.3f}"]
         for t in results["on_time"]]), ""]
    if "million" in results:
        m = results["million"]
        text += [f"1,000,000 exchanges at full speed, values searched, judged: peak {m['memory_mb']:.0f} MB, "
                 f"{m['stored_rate']:,.0f} requests/s, {m['wall_s']:.0f} s in all.", ""]
    return "\n".join(text)
