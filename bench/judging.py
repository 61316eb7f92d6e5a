"""How fast responses are compared, beside tools that compare JSON."""

import copy
import json
import pathlib
import random
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
    """A run of `count` responses evaluated again from the file: pairs a second, reading included."""
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


# Each prints the milliseconds that reading and comparing two files took, the start of the program left out, and how many
# changes it reports.
DEEPDIFF = """
import json, sys, time, deepdiff
started = time.perf_counter()
left, right = (json.load(open(name)) for name in sys.argv[1:3])
found = deepdiff.DeepDiff(left, right)
print((time.perf_counter() - started) * 1000, sum(len(kind) for kind in found.values()))
"""
JSONDIFFPATCH = """
import {create} from 'jsondiffpatch'; import {format} from 'jsondiffpatch/formatters/jsonpatch'; import {readFileSync} from 'fs';
const [left, right] = process.argv.slice(2).map(name => readFileSync(name, 'utf8'));
const tool = create({objectHash: one => one.id}); let times = [], found;
for (let i = 0; i < 9; ++i) {
  const started = performance.now();
  found = tool.diff(JSON.parse(left), JSON.parse(right));
  times.push(performance.now() - started);
}
console.log(times.sort((a, b) => a - b)[4], format(found).length);
"""


def peers(work):
    """The programs that are there: tracerec's comparison, and others'."""
    work = pathlib.Path(work)
    programs = {"tracerec": [str(lab.BUILD / "bench/bench_diff")]}
    if subprocess.run(["/usr/bin/python3", "-c", "import deepdiff"], capture_output=True, check=False).returncode == 0:
        programs["deepdiff (Python)"] = ["/usr/bin/python3", "-c", DEEPDIFF]
    if shutil.which("npm") and subprocess.run(["npm", "install", "--silent", "--prefix", str(work), "jsondiffpatch"],
                                              capture_output=True, check=False).returncode == 0:
        (work / "jsondiffpatch.mjs").write_text(JSONDIFFPATCH, encoding="utf-8")
        programs["jsondiffpatch (Node), told the key"] = ["node", str(work / "jsondiffpatch.mjs")]
    return programs


def compare(programs, work):
    """On the same two files."""
    work, times = pathlib.Path(work), {}
    for name, (changes, insert) in {"50 changes": (50, False), "one inserted in front": (0, True)}.items():
        files = [work / "a.json", work / "b.json"]
        for path, rows in zip(files, large_pair(changes, insert)):
            path.write_text(json.dumps(rows), encoding="utf-8")
        for program, command in programs.items():
            ms, found = lab.output(*command, *files).split()
            times.setdefault(program, {})[name] = {"ms": float(ms), "found": int(found)}
        started = time.monotonic()
        subprocess.run(["sh", "-c", f"jq -S . {files[0]} >{work}/a.s; jq -S . {files[1]} >{work}/b.s; cmp -s {work}/a.s {work}/b.s"],
                       check=False)
        times.setdefault("jq -S of both, then cmp (whole programs)", {})[name] = {"ms": (time.monotonic() - started) * 1000, "found": 1}
    return times


def measure(quick):
    results = {"in_memory": in_memory(), "stored": {}}
    with lab.workspace() as work:
        results["peers"] = compare(peers(work), work)
        for make in (lab.Gin, lambda: lab.Nginx(work)):
            server = make()
            try:
                results["stored"][server.name] = stored_pairs(server, 20_000 if quick else 100_000, 2 if quick else 5, work)
            finally:
                server.close()
    return results


def report(results):
    kinds = {"gin": "random letters, all different by noise", "nginx": "equal"}
    text = ["### Evaluating a stored run again (`tracerec diff`, reading included)", "", lab.table(
        ["responses", "pairs/s"], [[f"{name}: {kinds[name]}", spread(rates, 0)] for name, rates in results["stored"].items()]),
        "", "### Comparing in memory (`bench_diff`, one core)", "", "```", *results["in_memory"], "```", ""]
    names = list(results["peers"]["tracerec"])
    text += ["### A pair of 1.25 MB of JSON, read and compared", "", lab.table(
        ["tool", *(column for name in names for column in (f"{name}: ms", "changes it reports"))],
        [[tool, *(cell for n in names for cell in (f"{found[n]['ms']:,.1f}", f"{found[n]['found']:,}"))]
         for tool, found in results["peers"].items()]), ""]
    return "\n".join(text)
