# SPDX-License-Identifier: Apache-2.0
"""mpboot.img: its bytes, and its instructions from its entry to its last line before it enters the
next stage (Debian's kernel, which it copies), on -smp 8: those of all CPUs, waiting included."""

import tempfile
from pathlib import Path

from plinth import bundle
from plinth import measure as qemu_runs
from plinth.paths import EXAMPLES, MPBOOT

KIB = 1 << 10
GOALS = {"mpboot_bytes": 96 * KIB}
CPUS = 8
HERTZ = 62_500_000  # of QEMU's counter
LINE = "plinth: mpboot: "


def measure():
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "bundle.cpio"
        bundle.pack(EXAMPLES / "mpboot", archive)
        machine = qemu_runs.board(cpus=CPUS, memory_mib=1024)
        console = qemu_runs.console(machine, MPBOOT, archive, until=LINE)
    ticks = qemu_runs.number(console, rf"^{LINE}{CPUS} of {CPUS} CPUs, .* after (\d+) ticks$")
    return {
        "mpboot_bytes": MPBOOT.stat().st_size,
        "mpboot_insns": ticks * qemu_runs.NS_PER_SECOND // HERTZ,
    }
