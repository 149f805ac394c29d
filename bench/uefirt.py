# SPDX-License-Identifier: Apache-2.0
"""What UEFI's runtime services cost, in instructions: tests/payload/uefirt_bench.c as a guest, by
the firmware's own stubs."""

import re

from plinth import measure as qemu_runs
from plinth.errors import PlinthError
from plinth.paths import BUILD

PAYLOAD = BUILD / "payload" / "uefirt_bench.elf"
# No call is to take more than 10,000: the longest does (docs/caveats.md), and is not to get longer.
GOALS = {"rt_getvariable": 1500, "rt_gettime": 800, "rt_longest": 21_900}


def measure():
    description = (
        "vcpus = <1>",
        "memory = /bits/ 64 <0x4000000>",
        'kernel = "uefirt_bench.elf"',
        'nvram = "volatile"',
    )
    guest = qemu_runs.board(cpus=1, memory_mib=256)
    console = qemu_runs.under_plinth(
        guest, "uefirt", description, {"uefirt_bench.elf": PAYLOAD}
    )
    found = dict(re.findall(r"BENCH: (\w+) (\d+)$", console, re.MULTILINE))
    missing = [name for name in GOALS if name not in found]
    if missing or "FAIL:" in console:
        raise PlinthError(f"bench: the payload did not print {', '.join(missing)}\n{console}")
    return {name: int(found[name]) / 100 for name in GOALS}
