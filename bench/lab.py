"""What every benchmark needs: servers, load, processes, figures. Only Python's standard library."""

import contextlib
import json
import os
import pathlib
import platform
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"
TRACEREC = BUILD / "tracerec"
GIN = BUILD / "examples/gin-server/gin-server"
CONNECTIONS = 32


def output(*command):
    """The command's stdout; it must succeed."""
    return subprocess.run([str(c) for c in command], check=True, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout


def first_line(*command):
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run([str(c) for c in command], text=True, capture_output=True, check=False)
        return (done.stdout or done.stderr).strip().splitlines()[0]
    return ""


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        models = re.findall(r"model name\s*: (.*)", info.read())
    with open("/proc/meminfo", encoding="utf-8") as info:
        memory_kb = int(re.search(r"MemTotal:\s*(\d+)", info.read())[1])
    return {
        "processors": os.cpu_count(),
        "model": models[0] if models else platform.machine(),
        "memory_gb": round(memory_kb / 1e6, 1),
        "kernel": platform.release(),
        "tracerec": first_line(TRACEREC, "--version"),
        "versions": {tool: first_line(tool, flag) for tool, flag in
                     [("wrk", "-v"), ("h2load", "--version"), ("strace", "-V"), ("tcpdump", "--version"),
                      ("tcpflow", "--version"), ("bpftrace", "--version"), ("nginx", "-v"), ("jq", "--version")]
                     if shutil.which(tool)},
    }


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port):
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


def stop(process, sig=signal.SIGTERM, timeout=120):
    if process.poll() is None:
        process.send_signal(sig)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def cpu_seconds(pid):
    """User and system time that the process has used so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory_mb(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s*(\d+)", text)[1]) / 1024


class Gin:
    """POST /customResponse: a response of `size` random letters."""

    name = "gin"

    def __init__(self):
        self.port = free_port()
        self.process = subprocess.Popen([str(GIN)], env={**os.environ, "PORT": str(self.port)},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self.port)

    def pid(self):
        return self.process.pid

    def wrk_arguments(self, size):
        return ["-s", str(ROOT / "bench/post.lua"), f"http://127.0.0.1:{self.port}/customResponse"], {"SIZE": str(size)}

    def h2load_arguments(self, size, folder):
        body = pathlib.Path(folder) / "body.json"
        body.write_text(json.dumps({"size": size}), encoding="utf-8")
        return ["-d", str(body), "-H", "Content-Type: application/json",
                f"http://127.0.0.1:{self.port}/customResponse"]

    @staticmethod
    def body_bytes(size):
        return size + len('{"answer":""}')

    def close(self):
        stop(self.process)


class Nginx:
    """GET /SIZE: a static file, two worker processes, sendfile as most configurations have it unless said otherwise."""

    SIZES = (10, 100, 1024, 102400, 1048576)

    def __init__(self, folder, tls=False, sendfile=True):
        self.name = "nginx" + (" TLS" if tls else "") + ("" if sendfile else " without sendfile")
        self.scheme = "https" if tls else "http"
        self.port = free_port()
        root = pathlib.Path(folder) / self.name.replace(" ", "_")
        root.mkdir()
        for size in self.SIZES:
            (root / str(size)).write_bytes(b"x" * size)
        if tls:
            output("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2",
                   "-keyout", root / "key.pem", "-out", root / "cert.pem")
        certificate = f"ssl_certificate {root}/cert.pem; ssl_certificate_key {root}/key.pem;" if tls else ""
        config = root / "nginx.conf"
        config.write_text(f"""
            daemon off; worker_processes 2; pid {root}/pid; error_log {root}/error.log;
            events {{ worker_connections 1024; }}
            http {{ access_log off; sendfile {"on" if sendfile else "off"}; tcp_nopush on; keepalive_requests 1000000000;
                    client_body_temp_path {root}; proxy_temp_path {root}; fastcgi_temp_path {root};
                    uwsgi_temp_path {root}; scgi_temp_path {root};
                    server {{ listen 127.0.0.1:{self.port}{" ssl" if tls else ""}; {certificate} root {root}; }} }}""", encoding="utf-8")
        os.chmod(folder, 0o755)  # the workers are another user's
        self.process = subprocess.Popen(["nginx", "-p", str(root), "-c", str(config)], stderr=subprocess.DEVNULL)
        wait_for_port(self.port)

    def pid(self):
        return self.process.pid

    def wrk_arguments(self, size):
        return [f"{self.scheme}://127.0.0.1:{self.port}/{size}"], {}

    def h2load_arguments(self, size, _folder):
        return [f"{self.scheme}://127.0.0.1:{self.port}/{size}"]

    @staticmethod
    def body_bytes(size):
        return size

    def close(self):
        stop(self.process)


def wrk(server, size, seconds):
    """Saturation: requests, rate."""
    arguments, environment = server.wrk_arguments(size)
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *arguments], check=True, text=True,
                          capture_output=True, env={**os.environ, **environment}).stdout
    return {"requests": int(re.search(r"(\d+) requests in", done)[1]),
            "rate": float(re.search(r"Requests/sec:\s*([\d.]+)", done)[1])}


def h2load_count(server, size, count, folder, rate=None, connections=CONNECTIONS):
    """Exactly `count` requests, `rate` a second if that is given; each must get a response. The rate."""
    pace = ["--rps", max(1, round(rate / connections))] if rate else []
    done = output("h2load", "--h1", "-n", count, "-c", connections, *pace, *server.h2load_arguments(size, folder))
    answered = int(re.search(r"(\d+) succeeded", done)[1])
    if answered != count:
        raise RuntimeError(f"h2load: {answered} of {count} requests answered")
    return float(re.search(r"([\d.]+) req/s", done)[1])


def h2load_rate(server, size, rate, seconds, folder):
    """A fixed rate: percentiles of the latency in ms."""
    log = pathlib.Path(folder) / "latency.log"
    log.unlink(missing_ok=True)
    per_connection = max(1, round(rate / CONNECTIONS))
    output("h2load", "--h1", "-D", seconds, "-c", CONNECTIONS, "--rps", per_connection, f"--log-file={log}",
           *server.h2load_arguments(size, folder))
    with open(log, encoding="utf-8") as lines:
        times = sorted(int(line.split("\t")[2]) for line in lines)
    return {"rate": len(times) / seconds, "p50_ms": times[len(times) // 2] / 1000,
            "p99_ms": times[len(times) * 99 // 100] / 1000}


class Recording:
    """`tracerec record` beside a server, from its ready line to its ledger."""

    def __init__(self, database, pid, *options):
        self.log_path = f"{database}.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([str(TRACEREC), "-d", str(database), "record", "--pid", str(pid), *options],
                                            stderr=log)
        for _ in range(600):
            if "recording pid" in self.log():
                self.start_cpu_s = cpu_seconds(self.process.pid)
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("the recorder did not start: " + self.log())

    def log(self):
        return pathlib.Path(self.log_path).read_text(encoding="utf-8", errors="replace")

    def finish(self):
        """Stops it; what it used, its start apart, and what its ledger says."""
        used = cpu_seconds(self.process.pid)
        figures = {"start_cpu_s": self.start_cpu_s, "cpu_s": used - self.start_cpu_s,
                   "memory_mb": peak_memory_mb(self.process.pid)}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        code = stop(self.process, signal.SIGINT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # What it does once the load has ended: exchanges that were put aside get their rows.
        figures["end_cpu_s"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime - used
        log = self.log()
        if code != 0:
            raise RuntimeError("the recorder failed: " + log)
        number = lambda pattern: int(re.search(pattern, log)[1].replace(",", ""))
        return {**figures, "stored": number(r"recorded ([\d,]+) exchanges"), "lost_bytes": number(r"([\d,]+) bytes lost")}


@contextlib.contextmanager
def workspace():
    """A folder that goes away; not in /tmp when that is in memory."""
    folder = tempfile.mkdtemp(prefix="tracerec-bench-", dir=os.environ.get("BENCH_DIR"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def median(values):
    return statistics.median(values)


def spread(values, digits=2):
    """"0.88 (0.73–1.03)": median, lowest, highest."""
    if not values:
        return "–"
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
