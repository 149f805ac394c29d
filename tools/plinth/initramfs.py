# SPDX-License-Identifier: Apache-2.0
"""Guests' initramfs: Debian's busybox with our /init, made without root rights."""

import gzip
import io
import re
from pathlib import Path

from plinth import cpio, debian
from plinth.arm64 import EFI_TOOLS_ROOT, GUEST_ROOT, LUAJIT_ROOT, TOOLS_ROOT
from plinth.command import run
from plinth.errors import PlinthError
from plinth.paths import GUEST, shown

SOURCES = Path(__file__).resolve().parent / "guest"
VMWARE_PROGRAMS = ("usr/bin/vmware-checkvm", "usr/bin/vmware-rpctool")
LUAJIT = "usr/bin/luajit"
EFI_TOOLS = ("bin/efibootmgr", "usr/bin/efivar", "usr/bin/chattr", "usr/bin/lsattr")
BENCH_INIT = "bin/bench-init"
BENCH_WORK = "bin/bench-work"
# What the tools report of: an interface with an address, and a disk in memory with a file system.
REPORTED_MODULES = ("dummy", "of_pmem", "nd_pmem", "crc32c_generic", "ext4")
# A disk with a file system and a network card, on virtio's simplest transport.
DEVICE_MODULES = ("virtio_mmio", "virtio_blk", "virtio_net", "crc32c_generic", "ext4")
LIBRARY_FOLDERS = ("lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib", "usr/lib")


def write(path, with_vmware=False, extra=()):
    """Writes a gzip'd initramfs to `path`; with_vmware adds the small programs of open-vm-tools and
    their libraries, `extra` are more entries."""
    entries = [*base_entries(), *extra]
    if with_vmware:
        entries += program_entries(TOOLS_ROOT, *VMWARE_PROGRAMS)
    archive = io.BytesIO()
    cpio.write(archive, entries)
    data = gzip.compress(archive.getvalue(), compresslevel=6, mtime=0)
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def write_debian(path):
    """Writes the initramfs of a guest with open-vm-tools and cloud-init, not packed: unpacking it
    takes an emulated CPU longer than loading it."""
    own = [*base_entries(), *module_entries(*REPORTED_MODULES)]
    entries = [*own, *debian.entries({entry.name for entry in own})]
    with open(path, "wb") as stream:
        cpio.write(stream, entries)


def write_bench(path):
    """Writes the initramfs of the benches: ours with guest/bench_init in it, for rdinit=."""
    write_with(path, BENCH_INIT)


def write_bench_work(path):
    """The same with bench_work."""
    write_with(path, BENCH_WORK)


def write_with(path, name):
    program = (GUEST / Path(name).name).read_bytes()
    write(path, extra=[cpio.file(name, program, 0o755)])


def write_control(path, extra=(), modules=()):
    """Writes the initramfs of a VM with `control`: ours with plinthctl and two users; `extra` are
    names of more programs under build/guest, `modules` kernel modules."""
    shared = SOURCES / "debian" / "etc"
    files = [
        *(
            cpio.file(f"bin/{name}", (GUEST / name).read_bytes(), 0o755)
            for name in ("plinthctl", *extra)
        ),
        *(cpio.file(f"etc/{name}", (shared / name).read_bytes()) for name in ("passwd", "group")),
        cpio.file("etc/motd", (SOURCES / "motd").read_bytes()),
    ]
    if modules:
        files += module_entries(*modules)
    write(path, extra=files)


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


def write_efi(path, *modules):
    """Writes an initramfs of ours with efivarfs, efibootmgr, efivar, chattr, and more `modules`."""
    write_modules(path, "efivarfs", *modules, extra=program_entries(EFI_TOOLS_ROOT, *EFI_TOOLS))


def write_modules(path, *names, extra=()):
    """Writes an initramfs of ours with these kernel modules and what they need, for the action
    `modules` (tools/plinth/guest/actions); `extra` are more entries."""
    write(path, extra=[*module_entries(*names), *extra])


def module_entries(*names):
    files = {file.stem: file for file in (GUEST_ROOT / "lib/modules").rglob("*.ko")}
    order = modules_in_order(files, names)
    return [
        cpio.folder("lib/modules"),
        cpio.file("lib/modules/order", " ".join(order).encode()),
        *(cpio.file(f"lib/modules/{name}.ko", files[name].read_bytes()) for name in order),
    ]


def modules_in_order(files, names):
    """The modules and all that they depend on, by their own word, each after what it needs."""
    order = []

    def add(name):
        if name in order:
            return
        if name not in files:
            raise PlinthError(f"{shown(GUEST_ROOT)} has no kernel module {name}")
        match = re.search(rb"\0depends=([^\0]*)\0", files[name].read_bytes())
        for needed in filter(None, match.group(1).decode().split(",") if match else ()):
            add(needed)
        order.append(name)

    for name in names:
        add(name)
    return order


def program_entries(root, *programs):
    """Programs of unpacked packages, as bin/NAME, and their libraries."""
    paths = [root / program for program in programs]
    entries = [cpio.file(f"bin/{path.name}", path.read_bytes(), 0o755) for path in paths]
    for name, library in sorted(libraries(root, paths).items()):
        entries.append(cpio.file(f"lib/{name}", library.read_bytes(), 0o755))
    return entries


def libraries(root, programs):
    """Name -> file of every shared library that they load, the dynamic loader included."""
    found = {}
    open_files = [*programs]
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
