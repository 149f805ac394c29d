# SPDX-License-Identifier: Apache-2.0
"""Bytes: plinth.img without any bundle; code by module: boot's as the linker's map says, the core's,
which is optimized as a whole, by its functions' names (one that was put into others counts as
theirs); RAM that Plinth holds for itself with the two Debian VMs of examples/default on -m 2048 -smp 2, and the
stage-2 tables of these VMs, which count apart."""

import re
import subprocess
from collections import Counter

from plinth import measure as qemu_runs
from plinth.paths import BUILD, IMAGE

KIB = 1 << 10
PAGE = 4 * KIB
GOALS = {"image_bytes": 320 * KIB, "el2_ram_bytes": 2048 * KIB}

MAP = BUILD / "gcc" / "plinth.map"
CORE = BUILD / "gcc" / "core.elf"
FUNCTION = re.compile(r"^ *\d+: [0-9a-f]+ +(\w+) FUNC +\w+ +\w+ +\d+ (\S+)$", re.MULTILINE)
# VMA, LMA, size and alignment, as LLD's map has them: the core lies in .rodata.
TEXT = re.compile(r"^ *[0-9a-f]+ +[0-9a-f]+ +([0-9a-f]+) +\d+ +(\S+):\(\.text\S*\)$", re.MULTILINE)


def measure():
    console = qemu_runs.two_debian_guests(2)
    tables = re.findall(r"^.*plinth: bench: .* tables (\d+)$", console, re.MULTILINE)
    figures = {
        "image_bytes": IMAGE.stat().st_size,
        "el2_ram_bytes": qemu_runs.number(console, r"plinth: bench: .*el2_ram_bytes (\d+)"),
        "stage2_table_bytes": sum(map(int, tables)) * PAGE,
    }
    code = text_by_module()
    figures["text_bytes"] = sum(code.values())
    for module, size in sorted(code.items(), key=lambda item: -item[1]):
        figures[f"text_bytes_{module}"] = size
    return figures


def text_by_module():
    code = Counter(core_by_module())
    for size, path in TEXT.findall(MAP.read_text()):
        if not path.startswith("<internal>"):
            code[module_of(path)] += int(size, 16)
    return code


def core_by_module():
    owners = {}
    for archive in sorted((BUILD / "gcc").rglob("lib*.a")):
        folders = archive.relative_to(BUILD / "gcc").parts[:-1]
        if folders[0] == "guest":
            continue
        module = "_".join(folders)
        owners |= {name: module for name, _ in functions(archive)}
    code = Counter()
    for name, size in functions(CORE):
        code[owners.get(name.partition(".")[0], "core_init")] += size
    return code


def functions(path):
    """(name, bytes) of each function, as the symbol tables say."""
    command = ["aarch64-linux-gnu-readelf", "--symbols", "--wide", path]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return [(name, int(size, 0)) for size, name in FUNCTION.findall(text)]


def module_of(path):
    """core_s2 for core/s2/libs2.a(s2_map.c.obj); libz for /.../libz.a(inflate.o)."""
    if path.startswith("/"):
        return path.partition("(")[0].rpartition("/")[2].removesuffix(".a")
    folder = path.partition("CMakeFiles")[0].partition("(")[0]
    return "_".join(folder.split("/")[:-1])
