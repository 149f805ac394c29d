# SPDX-License-Identifier: Apache-2.0
"""What exits cost, in instructions: tests/payload/exits.c as a guest with two vCPUs on two CPUs,
and the same at EL1 without Plinth. The plain name is what Plinth adds; `ipi` counts both CPUs."""

import re

from plinth import measure as qemu_runs
from plinth.errors import PlinthError
from plinth.paths import BUILD

PAYLOAD = BUILD / "payload" / "exits.elf"
EVENTS = (
    "hvc",
    "sysreg_trap",
    "vgic_mmio_read",
    "vgic_mmio_write",
    "eoi",
    "sgi_self",
    "ipi",
    "timer",
)
GOALS = {"hvc": 300}


def measure():
    description = (
        "vcpus = <2>",
        "memory = /bits/ 64 <0x4000000>",
        'kernel = "exits.elf"',
    )
    guest = qemu_runs.board(cpus=2, memory_mib=256)
    total = events(
        qemu_runs.under_plinth(guest, "exits", description, {"exits.elf": PAYLOAD})
    )
    bare = events(
        qemu_runs.console(qemu_runs.board(cpus=2, memory_mib=256, el2=False), PAYLOAD)
    )
    figures = {}
    for name in EVENTS:
        figures[name] = round(total[name] - bare[name], 1) + 0.0  # never -0.0
        figures[f"{name}_total"] = total[name]
        figures[f"{name}_bare"] = bare[name]
    return figures


def events(console):
    found = re.findall(r"BENCH: (\w+) (\d+)$", console, re.MULTILINE)
    figures = {name: int(hundredths) / 100 for name, hundredths in found}
    missing = [name for name in EVENTS if name not in figures]
    if missing:
        raise PlinthError(f"bench: the payload did not print {', '.join(missing)}\n{console}")
    return figures
