"""All benchmarks, one after the other: Markdown on stdout, the figures as JSON in a file. Started by scripts/bench."""

import argparse
import json
import pathlib
import sys
import time

import judging
import lab
import micro
import recording
import replaying
import storing
import viewing

PARTS = {"recording": recording, "replaying": replaying, "judging": judging, "storing": storing, "viewing": viewing, "micro": micro}


def head(machine, quick):
    versions = ", ".join(f"{name}: {text}" for name, text in machine["versions"].items())
    return "\n".join([
        f"{machine['processors']} processors ({machine['model']}), {machine['memory_gb']} GB, Linux {machine['kernel']}; "
        f"{machine['tracerec']}; {time.strftime('%Y-%m-%d')}{'; quick mode' if quick else ''}.",
        "Server, load and tool share the processors. Medians, with the lowest and the highest in brackets.",
        f"({versions})", ""])


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures tracerec beside its peers.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs, under 2 minutes")
    parser.add_argument("--only", metavar="PART,…", default=",".join(PARTS), help="of: " + ", ".join(PARTS))
    parser.add_argument("--out", default=str(lab.ROOT / "build/bench"), help="folder for results.json and results.md")
    options = parser.parse_args()
    chosen = options.only.split(",")
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    machine = lab.machine()
    results, text = {"machine": machine, "quick": options.quick}, [head(machine, options.quick)]
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    for name in chosen:
        started = time.monotonic()
        print(f"{name} …", file=sys.stderr, flush=True)
        results[name] = PARTS[name].measure(options.quick)
        text.append(PARTS[name].report(results[name]))
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        (out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
        (out / "results.md").write_text("\n".join(text), encoding="utf-8")
    print("\n".join(text))


if __name__ == "__main__":
    main()
