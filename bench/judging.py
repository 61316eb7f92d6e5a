"""How fast answers are judged, beside tools that compare JSON."""

import copy
import json
import pathlib
import random
import re
import shutil
import subprocess
import time

import lab
import replaying
from lab import spread


def diff_seconds(database, run):
    started = time.monotonic()
    subprocess.run([str(lab.TRACEREC), "-d", str(database), "diff", "--run", str(run)], capture_output=True, check=False)
    return time.monotonic() - started


def stored_pairs(server, count, runs, work):
    """A run of `count` answers judged again from the file: pairs a second, reading included."""
    database = replaying.record(server, 100, count, work, f"{server.name}.db")
    done = replaying.replay(database, server, "--speed", "max")
    return [done["answers"] / diff_seconds(database, done["run"]) for _ in range(runs)]


def in_memory():
    """What bench_diff prints: a name, a speed."""
    return [line.strip() for line in lab.output(lab.BUILD / "bench/bench_diff").splitlines() if line.strip()]


def large_pair(changes, insert):
    """1.25 MB of JSON twice: with scattered changes, or one element more in front."""
    dice = random.Random(1)
    rows = [{"id": i, "name": f"item {i}", "price": dice.random() * 100, "tags": ["a", "b", str(i % 7)],
             "note": "x" * 40} for i in range(10_000)]
    other = copy.deepcopy(rows)
    for i in dice.sample(range(len(rows)), changes):
        other[i]["price"] += 1
    if insert:
        other.insert(0, {"id": -1, "name": "new", "price": 1, "tags": [], "note": ""})
    return rows, other


def peers(work):
    """Whole programs on the same two files, start and parsing included, in ms; the start alone for comparison."""
    work = pathlib.Path(work)
    programs = {}
    if shutil.which("jq"):
        programs["jq -S, then cmp"] = ["sh", "-c", f"jq -S . {work}/a.json >{work}/a.s; jq -S . {work}/b.json >{work}/b.s; "
                                       f"cmp -s {work}/a.s {work}/b.s"]
    deepdiff = "import json,sys,deepdiff; a,b=(json.load(open(f)) for f in sys.argv[1:3]); print(len(str(deepdiff.DeepDiff(a,b))))"
    if subprocess.run(["/usr/bin/python3", "-c", "import deepdiff"], capture_output=True, check=False).returncode == 0:
        programs["Python deepdiff"] = ["/usr/bin/python3", "-c", deepdiff, str(work / "a.json"), str(work / "b.json")]
    times = {}
    for name, (changes, insert) in {"50 changes": (50, False), "one inserted in front": (0, True)}.items():
        left, right = large_pair(changes, insert)
        (work / "a.json").write_text(json.dumps(left), encoding="utf-8")
        (work / "b.json").write_text(json.dumps(right), encoding="utf-8")
        for program, command in programs.items():
            started = time.monotonic()
            subprocess.run(command, capture_output=True, check=False, timeout=300)
            times.setdefault(program, {})[name] = (time.monotonic() - started) * 1000
    return times


def measure(quick):
    results = {"in_memory": in_memory(), "stored": {}}
    with lab.workspace() as work:
        results["peers"] = peers(work)
        for make in (lab.Gin, lambda: lab.Nginx(work)):
            server = make()
            try:
                results["stored"][server.name] = stored_pairs(server, 20_000 if quick else 100_000, 2 if quick else 5, work)
            finally:
                server.close()
    return results


def report(results):
    kinds = {"gin": "random letters, all different by noise", "nginx": "equal"}
    text = ["### Judging a stored run again (`tracerec diff`, reading included)", "", lab.table(
        ["answers", "pairs/s"], [[f"{name}: {kinds[name]}", spread(rates, 0)] for name, rates in results["stored"].items()]),
        "", "### Judging in memory (`bench_diff`, one core)", "", "```", *results["in_memory"], "```", ""]
    if results["peers"]:
        names = list(next(iter(results["peers"].values())))
        text += ["### Other tools on a pair of 1.25 MB, ms (whole program)", "", lab.table(
            ["tool", *names], [[tool, *(f"{times[n]:,.0f}" for n in names)] for tool, times in results["peers"].items()]), ""]
    return "\n".join(text)
