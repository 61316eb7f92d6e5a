"""An initramfs with chosen files at their own paths and the shared libraries that they need."""

import lzma
import os
import pathlib
import re
import shutil
import subprocess

MERGED_FOLDERS = ("bin", "sbin", "lib", "lib64")  # links into /usr, as in Debian


class Image:
    """Files below `root`. Libraries are taken from `sysroot`, a Debian system of the machine's architecture."""

    def __init__(self, root: pathlib.Path, sysroot: pathlib.Path, triplet: str):
        self.root, self.sysroot, self.triplet = root, sysroot, triplet
        self.known = set()
        shutil.rmtree(root, ignore_errors=True)
        for name in MERGED_FOLDERS:
            (root / "usr" / name).mkdir(parents=True)
            (root / name).symlink_to(f"usr/{name}")
        for name in ("dev", "etc", "proc", "root", "sys", "tmp", "var/lib/nginx", "var/log/nginx"):
            (root / name).mkdir(parents=True)

    def text(self, path: str, content: str):
        self.place(path).write_text(content)

    def file(self, source: pathlib.Path, path: str | None = None):
        """Copies a file; a program with its libraries. In the image it stands at `path`, else where it stands here."""
        target = self.place(path or str(source))
        if target.is_symlink():
            raise FileExistsError(f"{target} is a link: a copy would overwrite what it leads to")
        shutil.copy2(source, target)
        self.libraries_of(target)

    def folder(self, source: pathlib.Path):
        shutil.copytree(source, self.place(str(source)), symlinks=True, dirs_exist_ok=True)

    def busybox(self, program: pathlib.Path):
        self.file(program, "/usr/bin/busybox")
        for applet in ("sh", "mount", "mkdir", "ip", "grep", "uname", "poweroff", "sleep", "cat", "true", "env",
                       "insmod"):
            (self.root / "usr/bin" / applet).symlink_to("busybox")

    def module(self, kernel: pathlib.Path, name: str):
        """A module of the kernel that lies in `kernel`, as /modules/NAME.ko."""
        found = next(kernel.glob(f"**/{name}.ko*"))
        content = found.read_bytes()
        self.place(f"/modules/{name}.ko").write_bytes(lzma.decompress(content) if found.suffix == ".xz" else content)

    def write(self, archive: pathlib.Path):
        """As a cpio archive that is not compressed: unpacking costs more than copying on an emulated processor."""
        with archive.open("wb") as out:
            names = subprocess.run(["find", ".", "-print0"], cwd=self.root, check=True, capture_output=True).stdout
            subprocess.run(["cpio", "--null", "--create", "--format=newc", "--quiet"], cwd=self.root, check=True,
                           input=names, stdout=out)

    def place(self, path: str) -> pathlib.Path:
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def libraries_of(self, program: pathlib.Path):
        text = subprocess.run(["readelf", "--wide", "--dynamic", "--program-headers", program], capture_output=True,
                              text=True).stdout
        for interpreter in re.findall(r"Requesting program interpreter: ([^\]]+)", text):
            self.library(os.path.basename(interpreter), interpreter)
        for name in re.findall(r"\(NEEDED\).*\[([^\]]+)\]", text):
            self.library(name, f"/usr/lib/{self.triplet}/{name}")

    def library(self, name: str, path: str):
        if name in self.known:
            return
        self.known.add(name)
        for folder in ("usr/lib", "lib", "usr/lib64", "lib64"):
            for place in (self.sysroot / folder / self.triplet / name, self.sysroot / folder / name):
                if place.exists():
                    self.file(place.resolve(), path)
                    return
        raise FileNotFoundError(f"{name}, which a program of the image needs, is not in {self.sysroot}")
