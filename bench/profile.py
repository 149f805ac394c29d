# SPDX-License-Identifier: Apache-2.0
"""Where EL2's instructions of a quiet guest boot go, by function and by exit: QEMU logs each
instruction that it executes at the core's addresses. From the guest's first exit on; its teardown is
the last one's. An exit is named by the functions that it goes through, in the order of their first
appearance. Takes a minute or so; the log goes through a pipe, not to disk. For what is to be made
quicker next; build/profile.txt has all of it."""

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
        profile = Profile(functions)
        reader = Thread(target=profile.read, args=(pipe,))
        reader.start()
        log = ["-singlestep", "-d", "exec,nochain", "-D", str(pipe)]
        initrd = Path(scratch) / "initrd.gz"
        initramfs.write_bench(initrd)
        options = [*log, "-dfilter", f"{start:#x}..{end:#x}"]
        qemu_runs.guest_boot(initrd, f"{qemu_runs.BOOTARGS} quiet", options)
        reader.join()
    report(profile)
    return {}


def symbols():
    """(address, name) of the core's functions, by address."""
    lines = run(["aarch64-linux-gnu-nm", "-n", CORE]).splitlines()
    fields = [line.split() for line in lines]
    fields = [found for found in fields if len(found) == 3]
    return [(int(address, 16), name) for address, kind, name in fields if kind in "tT"]


class Profile:
    """What the log says, from the first exit on."""

    def __init__(self, functions):
        self.starts = [address for address, _ in functions]
        self.names = [name.partition(".")[0] for _, name in functions]
        vectors = next(address for address, name in functions if name == "exits_vectors")
        self.vectors = range(vectors, vectors + 0x800)
        self.lines = {}  # address as the log has it -> (function, is a vector's first instruction)
        self.by_function = Counter()
        self.by_exit = Counter()  # instructions
        self.times = Counter()

    def read(self, pipe):
        """Lines are like "Trace 0: 0x7f.. [00000000/0000800000000400/..] symbol"."""
        way = None
        with open(pipe, "rb", buffering=LOG_CHUNK) as log:
            for line in log:
                at = line.find(b"/")
                if at < 0:
                    continue
                function, is_vector = self.look_up(line[at + 1 : at + 17])
                if is_vector:
                    self.end(way)
                    way = Counter()
                if way is not None:
                    way[function] += 1
        self.end(way)

    def look_up(self, text):
        if text not in self.lines:
            address = int(text, 16)
            name = self.names[bisect.bisect(self.starts, address) - 1]
            self.lines[text] = (name, address in self.vectors and address % 0x80 == 0)
        return self.lines[text]

    def end(self, way):
        if way:
            self.by_function.update(way)
            self.by_exit[tuple(way)] += way.total()
            self.times[tuple(way)] += 1


def report(profile):
    total = profile.by_function.total()
    functions = [
        f"{times:12,} {100 * times / total:5.1f} %  {name}"
        for name, times in profile.by_function.most_common()
    ]
    exits = [
        f"{times:12,} {profile.times[way]:6,} times {times // profile.times[way]:6,}  {' '.join(way)}"
        for way, times in profile.by_exit.most_common()
    ]
    OUTPUT.write_text("\n".join([f"{total:12,}          all", *functions, "", *exits]) + "\n")
    print(f"profile: {total:,} instructions; all of it: {shown(OUTPUT)}")
    print("\n".join([*functions[:SHOWN], *exits[:SHOWN]]))
