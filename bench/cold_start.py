# SPDX-License-Identifier: Apache-2.0
"""From Plinth's first instruction to the first guest's, two Debian VMs in a packed bundle, in
instructions; and in one as any cpio makes it. With two CPUs both are counted, the one that waits
too."""

from plinth import measure as qemu_runs

LINE = "plinth: bench: cold_start_ticks"
# Issue 10 wants 3 million, 20 million for a plain cpio: met, and not to be lost again.
GOALS = {"cold_start": 2_400_000, "cold_start_cpio": 2_400_000}


def measure():
    return {
        "cold_start": instructions(1),
        "cold_start_cpio": instructions(1, plain=True),
        "cold_start_two_cpus": instructions(2),
    }


def instructions(cpus, plain=False):
    console = qemu_runs.two_debian_guests(cpus, until=LINE, plain=plain)
    ticks = qemu_runs.number(console, rf"{LINE} (\d+)")
    hertz = qemu_runs.number(console, rf"{LINE} .*ticks_per_second (\d+)")
    return ticks * qemu_runs.NS_PER_SECOND // hertz
