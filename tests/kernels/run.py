"""Runs tracerec on kernels under qemu and prints a Markdown table; exit code 1 when something failed on one of them.

Called by scripts/kernels, which fetches the kernels and builds the programs.
"""

import argparse
import pathlib
import subprocess
import sys

import image
import machine

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
TRIPLET = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
STEPS = {"load": ["doctor", "budget"], "scenario": ["doctor", "budget", "scenario"]}
# Emulated, a kernel is up in five seconds and its programs are loaded in five more; a slow machine is given much more.
PATIENCE_S = {"load": 180, "scenario": 1500}
TEST_PROGRAMS = ("tests/e2e/e2e_test", "tests/e2e/syscall_server", "tests/e2e/io_uring_server",
                 "tests/e2e/openssl_server", "tests/e2e/static_tls_server", "tests/e2e/gnutls_server",
                 "tests/e2e/bio_server", "tests/e2e/matrix-gin", "tests/e2e/stripped-gin", "examples/gin-server/gin-server")
SYSTEM_PROGRAMS = ("/usr/sbin/nginx", "/usr/bin/curl", "/usr/bin/unshare")


def read_filter(path: pathlib.Path) -> str:
    """GoogleTest's notation: patterns, then what is left out."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    chosen = [line for line in lines if not line.startswith("-")]
    left_out = [line[1:] for line in lines if line.startswith("-")]
    return ":".join(chosen) + ("-" + ":".join(left_out) if left_out else "")


def make_image(arch: str, level: str, kernel: pathlib.Path, build: pathlib.Path, sysroot: pathlib.Path, tests: str,
               folder: pathlib.Path) -> pathlib.Path:
    made = image.Image(folder / "root", sysroot, TRIPLET[arch])
    made.busybox(sysroot / "bin/busybox")
    made.file(HERE / "init", "/init")
    for name in ("inet_diag", "tcp_diag"):
        made.module(kernel.parent.parent, name)
    made.file(build / "tracerec")
    made.file(build / "tests/bpf/bpf_test")
    if level == "scenario":
        for name in TEST_PROGRAMS:
            made.file(build / name)
        for name in SYSTEM_PROGRAMS:
            made.file(sysroot / name.lstrip("/"), name)
        made.library("libgcc_s.so.1", f"/usr/lib/{TRIPLET[arch]}/libgcc_s.so.1")  # opened at the end of a thread
        for name in ("tests/e2e/servers", "tests/e2e/tls"):
            made.folder(SOURCE / name)
    made.text("/etc/passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
    made.text("/etc/group", "root:x:0:\nnogroup:x:65534:\n")
    made.text("/etc/kernels.conf", f"TRACEREC={build}/tracerec\nBUDGET_TEST={build}/tests/bpf/bpf_test\n"
                                   f"E2E_TEST={build}/tests/e2e/e2e_test\nSCENARIO='{tests}'\n")
    archive = folder / "initramfs.cpio"
    made.write(archive)
    return archive


def run(name: str, arch: str, kernel: pathlib.Path, options) -> bool:
    folder = options.work / name
    folder.mkdir(parents=True, exist_ok=True)
    tests = read_filter(options.filter) if options.filter else ""
    archive = make_image(arch, options.level, kernel, options.build, options.sysroot, tests, folder)
    log = folder / f"{options.level}.log"
    outcome = machine.boot(arch, kernel, archive, options.level, log, PATIENCE_S[options.level])
    good = outcome.good(STEPS[options.level])
    tested = f"{outcome.tests} tests" if options.level == "scenario" else f"{outcome.programs} programs"
    print(f"| {outcome.kernel} | {arch} | {options.level} | {tested} | {'passed' if good else 'FAILED'} "
          f"| {outcome.seconds:.0f} s |", flush=True)
    if not good:
        print(f"{name}: results {outcome.results}, {outcome.skipped} skipped; the end of {log}:", file=sys.stderr)
        print("\n".join(outcome.console.splitlines()[-60:]), file=sys.stderr)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arch", required=True, choices=TRIPLET)
    parser.add_argument("--level", required=True, choices=STEPS)
    parser.add_argument("--build", required=True, type=pathlib.Path, help="where the programs were built")
    parser.add_argument("--sysroot", required=True, type=pathlib.Path, help="a Debian system to take libraries from")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="where images and logs go")
    parser.add_argument("--filter", type=pathlib.Path, help="the tests of a scenario")
    parser.add_argument("kernel", nargs="+", metavar="NAME=IMAGE")
    options = parser.parse_args()
    good = True
    for one in options.kernel:
        name, equals, kernel = one.partition("=")
        if not equals:
            parser.error(f"{one} is not NAME=IMAGE")
        good = run(name, options.arch, pathlib.Path(kernel), options) and good
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"kernels: {error}")
