"""Boots a kernel with an initramfs under qemu and reads the results from its serial console."""

import os
import pathlib
import re
import subprocess
import time

QEMU = {
    "amd64": ["qemu-system-x86_64", "-cpu", "max"],
    "arm64": ["qemu-system-aarch64", "-machine", "virt", "-cpu", "max,pauth-impdef=on"],
}
CONSOLE = {"amd64": "ttyS0", "arm64": "ttyAMA0"}
MEMORY = "3G"


def accelerator(arch: str, kernel: pathlib.Path) -> list[str]:
    """KVM where the processor really offers it: /dev/kvm may be there and not work."""
    native = os.uname().machine == {"amd64": "x86_64", "arm64": "aarch64"}[arch]
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    virtual = re.search(r"\b(vmx|svm)\b", flags) or arch == "arm64"
    if native and virtual and os.access("/dev/kvm", os.W_OK):
        return ["-accel", "kvm"]
    # By one thread: with several, code from before the kernel patched a tracepoint in goes on running (qemu 7.2). On
    # arm64 a recorder saw no system call in one run of three (Linux 6.1), on amd64 the kernel met a breakpoint of its
    # own ("Oops: int3") in two of three (Linux 6.12). 6.1 on amd64 never did, and is faster with several.
    several = arch == "amd64" and "vmlinuz-6.1." in kernel.name
    return ["-accel", "tcg,thread=" + ("multi" if several else "single")]


class Outcome:
    def __init__(self, console: str, seconds: float, finished: bool):
        self.console, self.seconds, self.finished = console, seconds, finished
        self.results = {name: int(code) for name, code in re.findall(r"^RESULT (\S+) (\d+)\s*$", console, re.M)}
        kernel = re.search(r"^RUNNING Linux (\S+)", console, re.M)
        self.kernel = kernel.group(1) if kernel else "?"
        tests = re.search(r"\[  PASSED  \] (\d+) tests?", console[console.find("RESULT budget"):])
        self.tests = int(tests.group(1)) if tests else 0
        self.uprobes = re.search(r"^ok +TLS probes attach", console, re.M) is not None
        self.programs = len(re.findall(r"^on_\w+ +stack +\d+ +instructions +\d+", console, re.M))
        self.skipped = len(set(re.findall(r"\[  SKIPPED \] (\S+)", console)))

    def good(self, steps: list[str]) -> bool:
        """Every step ended with exit code 0, uprobes were attached, programs were looked at, tests ran, none was left
        out."""
        ran = self.uprobes and self.programs > 0 and (self.tests > 0 or "scenario" not in steps)
        return self.finished and ran and self.skipped == 0 and all(self.results.get(step) == 0 for step in steps)


def boot(arch: str, kernel: pathlib.Path, initramfs: pathlib.Path, level: str, log: pathlib.Path,
         patience_s: float) -> Outcome:
    command = QEMU[arch] + accelerator(arch, kernel) + [
        "-smp", "2", "-m", MEMORY, "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio",
        "-kernel", str(kernel), "-initrd", str(initramfs),
        "-append", f"console={CONSOLE[arch]} quiet panic=-1 tracerec.level={level}"]
    begin = time.monotonic()
    finished = True
    with log.open("wb") as out:
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=True,
                           timeout=patience_s)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
            out.write(f"\nqemu: {error}\n".encode())
            finished = False
    console = log.read_bytes().decode(errors="replace").replace("\r", "")
    return Outcome(console, time.monotonic() - begin, finished)
