# SPDX-License-Identifier: Apache-2.0
"""From Plinth's first instruction to the first guest's, two Debian VMs in a packed bundle, in
instructions. With two CPUs both are counted, the one that waits too."""

from plinth import measure as qemu_runs

LINE = "plinth: bench: cold_start_ticks"
# Issue 10 wants 3 million: not met yet, what must not be lost again.
GOALS = {"cold_start": 3_600_000}


def measure():
    return {"cold_start": instructions(1), "cold_start_two_cpus": instructions(2)}


def instructions(cpus):
    console = qemu_runs.two_debian_guests(cpus, until=LINE)
    ticks = qemu_runs.number(console, rf"{LINE} (\d+)")
    hertz = qemu_runs.number(console, rf"{LINE} .*ticks_per_second (\d+)")
    return ticks * qemu_runs.NS_PER_SECOND // hertz
