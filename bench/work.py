# SPDX-License-Identifier: Apache-2.0
"""A Debian guest's work beside the same without Plinth: guest/bench_init/bench_work.c, one process a
vCPU, on as many CPUs. `overhead` is the ratio of the instructions that all CPUs executed, Plinth's
and the guest's, from the first to the last of the work: boot up to init, system calls, forks, and
what a compiler does to the system (processes, fresh memory, files)."""

import tempfile
from pathlib import Path

from plinth import initramfs
from plinth import measure as qemu_runs

WORK = ("init", "syscalls", "forks", "compile")
CPUS = (1, 4)
GUEST_MEMORY_MIB = 256
# Little more than the guest's: idle CPUs clear free memory, and what they execute would count.
MEMORY_MIB = 320

# Of one vCPU. With four it is the ratio of two machines whose CPUs take turns: it varies.
GOALS = {f"work_{name}_overhead": 1.03 for name in WORK}


def measure():
    figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        initrd = Path(scratch) / "initrd.gz"
        initramfs.write_bench_work(initrd)
        for cpus in CPUS:
            bare, total = bare_times(initrd, cpus), plinth_times(initrd, cpus)
            suffix = "" if cpus == 1 else f"_{cpus}cpus"
            for name in WORK:
                figures[f"work_{name}_overhead{suffix}"] = round(total[name] / bare[name], 4)
                figures[f"work_{name}_total{suffix}"] = total[name]
                figures[f"work_{name}_bare{suffix}"] = bare[name]
    return figures


def bootargs(cpus):
    """What follows "--" is the program's."""
    arguments = qemu_runs.BOOTARGS.replace(initramfs.BENCH_INIT, initramfs.BENCH_WORK)
    return f"{arguments} quiet -- {cpus}"


def times(console):
    return {name: qemu_runs.number(console, rf"BENCH: {name} 0*(\d+)\s*$") for name in WORK}


def bare_times(initrd, cpus):
    machine = qemu_runs.board(cpus=cpus, memory_mib=GUEST_MEMORY_MIB, el2=False)
    return times(qemu_runs.console(machine, qemu_runs.KERNEL, initrd, bootargs(cpus)))


def plinth_times(initrd, cpus):
    properties = (
        f"vcpus = <{cpus}>",
        f"memory = /bits/ 64 <{GUEST_MEMORY_MIB << 20:#x}>",
        'kernel = "vmlinuz"',
        'initrd = "initrd.gz"',
        f'bootargs = "{bootargs(cpus)}"',
    )
    files = {"vmlinuz": qemu_runs.KERNEL, "initrd.gz": initrd}
    machine = qemu_runs.board(cpus=cpus, memory_mib=MEMORY_MIB)
    return times(qemu_runs.under_plinth(machine, "guest", properties, files))
