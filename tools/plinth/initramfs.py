# SPDX-License-Identifier: Apache-2.0
"""Guests' initramfs: Debian's busybox with our /init, made without root rights."""

import gzip
import io
import re
from pathlib import Path

from plinth import cpio
from plinth.arm64 import CHECKVM_ROOT, GUEST_ROOT, LUAJIT_ROOT
from plinth.command import run
from plinth.errors import PlinthError
from plinth.paths import GUEST, shown

SOURCES = Path(__file__).resolve().parent / "guest"
CHECKVM = "usr/bin/vmware-checkvm"
LUAJIT = "usr/bin/luajit"
BENCH_INIT = "bin/bench-init"
LIBRARY_FOLDERS = ("lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib", "usr/lib")


def write(path, with_checkvm=False, extra=()):
    """Writes a gzip'd initramfs to `path`; with_checkvm adds vmware-checkvm and its libraries,
    `extra` are more entries."""
    entries = [*base_entries(), *extra]
    if with_checkvm:
        entries += program_entries(CHECKVM_ROOT, CHECKVM)
    archive = io.BytesIO()
    cpio.write(archive, entries)
    data = gzip.compress(archive.getvalue(), compresslevel=6, mtime=0)
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def write_bench(path):
    """Writes the initramfs of the benches: ours with guest/bench_init in it, for rdinit=."""
    program = (GUEST / "bench-init").read_bytes()
    write(path, extra=[cpio.file(BENCH_INIT, program, 0o755)])


def base_entries():
    folders = ("bin", "dev", "etc", "etc/plinth", "lib", "proc", "root", "run", "sys", "tmp")
    entries = [cpio.folder(name) for name in folders]
    entries += [
        cpio.character_device("dev/console", 5, 1),
        cpio.character_device("dev/null", 1, 3, 0o666),
        cpio.file("bin/busybox", (GUEST_ROOT / "bin/busybox").read_bytes(), 0o755),
        cpio.symlink("bin/sh", "busybox"),
        cpio.file("init", (SOURCES / "init").read_bytes(), 0o755),
    ]
    for action in sorted((SOURCES / "actions").iterdir()):
        entries.append(cpio.file(f"etc/plinth/{action.name}", action.read_bytes(), 0o755))
    return entries


def write_jit(path, script):
    """Writes the initramfs of the test of JITs: ours with guest/jit-stress and LuaJIT in it, which
    runs `script` (tools/plinth/guest/actions/jit)."""
    own = cpio.file("bin/jit-stress", (GUEST / "jit-stress").read_bytes(), 0o755)
    lua = cpio.file("etc/plinth/traces.lua", script.read_bytes())
    write(path, extra=[own, lua, *program_entries(LUAJIT_ROOT, LUAJIT)])


def program_entries(root, program):
    """A program of unpacked packages, as bin/NAME, and its libraries."""
    path = root / program
    entries = [cpio.file(f"bin/{path.name}", path.read_bytes(), 0o755)]
    for name, library in sorted(libraries(root, path).items()):
        entries.append(cpio.file(f"lib/{name}", library.read_bytes(), 0o755))
    return entries


def libraries(root, program):
    """Name -> file of every shared library that `program` loads, the dynamic loader included."""
    found = {}
    open_files = [program]
    while open_files:
        loader = open_files.pop()
        for name in needed_by(loader):
            if name not in found:
                found[name] = find_library(root, name, loader)
                open_files.append(found[name])
    return found


def needed_by(path):
    dynamic = run(["readelf", "-d", path])
    return re.findall(r"\(NEEDED\)\s+Shared library: \[([^\]]+)\]", dynamic)


def find_library(root, name, needed):
    for folder in LIBRARY_FOLDERS:
        path = root / folder / name
        if path.exists():
            return path
    raise PlinthError(f"{shown(needed)} needs {name}; add its package to packages.py")
