"""The micro benchmarks (Google Benchmark): bench/pipeline.cc."""

import json

import lab


def measure(quick):
    done = json.loads(lab.output(lab.BUILD / "bench/bench_pipeline", "--benchmark_format=json",
                                 f"--benchmark_min_time={'0.05' if quick else '0.5'}"))
    return [{"name": b["name"], "ns": b["real_time"], "rate": b.get("items_per_second"), "bytes": b.get("bytes_per_second")}
            for b in done["benchmarks"]]


def report(results):
    rows = [[b["name"], f"{b['ns']:,.0f}", f"{b['rate']:,.0f}" if b["rate"] else "",
             f"{b['bytes'] / 1e6:,.0f}" if b["bytes"] else ""] for b in results]
    return "\n".join(["### Micro benchmarks (one core)", "", lab.table(["", "ns", "a second", "MB/s"], rows), ""])
