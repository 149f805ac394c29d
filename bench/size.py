# SPDX-License-Identifier: Apache-2.0
"""Bytes: plinth.img without any bundle; code by module, of the core and of boot, which are optimized
as a whole, by the functions' names (one that was put into others counts as theirs); RAM that Plinth
holds for itself with the two Debian VMs of examples/default on -m 2048 -smp 2, and the stage-2
tables of these VMs, which count apart."""

import re
import subprocess
from collections import Counter

from plinth import measure as qemu_runs
from plinth.paths import BUILD, IMAGE

KIB = 1 << 10
PAGE = 4 * KIB
GOALS = {"image_bytes": 320 * KIB, "el2_ram_bytes": 2048 * KIB}

GCC = BUILD / "gcc"
CORE = GCC / "core.elf"
BOOT = GCC / "boot" / "plinth" / "plinth.elf"
FUNCTION = re.compile(r"^ *\d+: [0-9a-f]+ +(\w+) FUNC +\w+ +\w+ +\d+ (\S+)$", re.MULTILINE)


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
    owners = {}
    for archive in sorted(GCC.rglob("lib*.a")):
        folders = archive.relative_to(GCC).parts[:-1]
        if folders[0] != "guest":
            owners |= {name: "_".join(folders) for name, _ in functions(archive)}
    for archive in BUILD.glob("arm64/usr/lib/*/lib*.a"):
        owners |= {name: archive.stem for name, _ in functions(archive) if name not in owners}
    code = Counter()
    for program, rest in ((CORE, "core_init"), (BOOT, "boot_plinth")):
        for name, size in functions(program):
            code[owners.get(name.partition(".")[0], rest)] += size
    return code


def functions(path):
    """(name, bytes) of each function, as the symbol tables say."""
    command = ["aarch64-linux-gnu-readelf", "--symbols", "--wide", path]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return [(name, int(size, 0)) for size, name in FUNCTION.findall(text)]
