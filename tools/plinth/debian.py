# SPDX-License-Identifier: Apache-2.0
"""The root of a guest with open-vm-tools and cloud-init: Debian's packages, unpacked, without what
only people read, and guest/debian/ laid over them. Nothing of it is run here."""

import os
import stat
from pathlib import Path

from plinth import cpio
from plinth.arm64 import CLOUD_ROOT, TOOLS_ROOT
from plinth.command import run

OVERLAY = Path(__file__).resolve().parent / "guest" / "debian"
INTERPRETER = "python3.11"

# Not for guests: documentation, other languages, and what is never loaded.
LEFT_OUT = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/lintian",
    "usr/share/open-vm-tools/messages",
    "usr/lib/aarch64-linux-gnu/gconv",
    "usr/lib/python3.11/pydoc_data",
    "usr/lib/python3.11/test",
)

BYTECODE = ("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")


def entries(without):
    """Folders, files and links of both roots; not those whose names are in `without`."""
    compile_modules()
    found = {}
    for root in (TOOLS_ROOT, CLOUD_ROOT, OVERLAY):
        for path in sorted(root.rglob("*")):
            name = str(path.relative_to(root))
            if name not in without and not is_left_out(name):
                found[name] = entry(name, path)
    found["usr/bin/python3"] = cpio.symlink("usr/bin/python3", INTERPRETER)
    return [found[name] for name in sorted(found)]


def is_left_out(name):
    return any(name == prefix or name.startswith(f"{prefix}/") for prefix in LEFT_OUT)


def entry(name, path):
    if path.is_symlink():
        return cpio.symlink(name, os.readlink(path))
    mode = stat.S_IMODE(path.stat().st_mode)
    if path.is_dir():
        return cpio.folder(name, mode | 0o700)
    return cpio.file(name, path.read_bytes(), mode)


def compile_modules():
    """Python's bytecode is the same on every machine. Debian 12's own interpreter makes it here, in
    seconds; each guest would take a minute, in an emulator, at each boot."""
    if not Path(f"/usr/bin/{INTERPRETER}").exists():
        return
    for folder in ("usr/lib/python3", "usr/lib/python3.11"):
        root = CLOUD_ROOT / folder
        run([f"/usr/bin/{INTERPRETER}", *BYTECODE, "-s", CLOUD_ROOT, "-p", "/", root])
