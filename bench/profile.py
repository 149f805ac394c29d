# SPDX-License-Identifier: Apache-2.0
"""Where EL2's instructions of a quiet guest boot go, by function: QEMU logs each instruction that it
executes at the core's addresses. Takes a minute or so; the log goes through a pipe, not to disk.
For what is to be made quicker next; build/profile.txt has the whole list."""

import bisect
import os
import tempfile
from collections import Counter
from pathlib import Path
from threading import Thread

from plinth import initramfs
from plinth import measure as qemu_runs
from plinth.command import run
from plinth.paths import BUILD, shown

ON_REQUEST = True

CORE = BUILD / "gcc" / "core.elf"
OUTPUT = BUILD / "profile.txt"
SHOWN = 30
LOG_CHUNK = 1 << 20


def measure():
    functions = symbols()
    start, end = functions[0][0], functions[-1][0] + 4096
    with tempfile.TemporaryDirectory() as scratch:
        pipe = Path(scratch) / "log"
        os.mkfifo(pipe)
        addresses = Counter()
        reader = Thread(target=count, args=(pipe, addresses))
        reader.start()
        log = ["-singlestep", "-d", "exec,nochain", "-D", str(pipe)]
        initrd = Path(scratch) / "initrd.gz"
        initramfs.write_bench(initrd)
        options = [*log, "-dfilter", f"{start:#x}..{end:#x}"]
        qemu_runs.guest_boot(initrd, f"{qemu_runs.BOOTARGS} quiet", options)
        reader.join()
    report(by_function(addresses, functions))
    return {}


def symbols():
    """(address, name) of the core's functions, by address."""
    lines = run(["aarch64-linux-gnu-nm", "-n", CORE]).splitlines()
    fields = [line.split() for line in lines]
    fields = [found for found in fields if len(found) == 3]
    return [(int(address, 16), name) for address, kind, name in fields if kind in "tT"]


def count(pipe, addresses):
    """Lines are like "Trace 0: 0x7f.. [00000000/0000800000000400/..] symbol"."""
    with open(pipe, "rb", buffering=LOG_CHUNK) as log:
        for line in log:
            at = line.find(b"/")
            if at > 0:
                addresses[line[at + 1 : at + 17]] += 1


def by_function(addresses, functions):
    starts = [address for address, _ in functions]
    instructions = Counter()
    for address, times in addresses.items():
        index = bisect.bisect(starts, int(address, 16)) - 1
        instructions[functions[index][1]] += times
    return instructions


def report(instructions):
    total = sum(instructions.values())
    lines = [
        f"{times:12,} {100 * times / total:5.1f} %  {name}"
        for name, times in instructions.most_common()
    ]
    OUTPUT.write_text("\n".join([f"{total:12,}          all", *lines]) + "\n")
    print("\n".join([f"profile: {total:,} instructions; all of it: {shown(OUTPUT)}", *lines[:SHOWN]]))
