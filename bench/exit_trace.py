# SPDX-License-Identifier: Apache-2.0
"""Which instructions an exit consists of: tests/payload/exits.c as a guest, QEMU logging each
instruction that EL2 executes from a vector to ERET. What a guest does over and over is found by
being the same again: each such way is printed with its number and the functions that it goes
through, in the order of their first appearance, and listed whole in build/exit-trace.txt. Takes a
minute or two. docs/exits-profile.md explains what came out."""

import bisect
import os
import re
import tempfile
from collections import Counter
from itertools import groupby
from pathlib import Path
from threading import Thread

from plinth import measure as qemu_runs
from plinth.command import run
from plinth.paths import BUILD, shown

ON_REQUEST = True

CORE = BUILD / "gcc" / "core.elf"
OUTPUT = BUILD / "exit-trace.txt"
PAYLOAD = BUILD / "payload" / "exits.elf"
TIMES = 200  # fewer than a payload's batches are no way of interest
VECTORS = {0x400: "synchronous", 0x480: "interrupt"}
LOG_CHUNK = 1 << 20


def measure():
    functions, code = symbols(), disassembly()
    vectors = next(address for address, name in functions if name == "exits_vectors")
    starts = {vectors + offset: kind for offset, kind in VECTORS.items()}
    ways = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        pipe = Path(scratch) / "log"
        os.mkfifo(pipe)
        reader = Thread(target=count, args=(pipe, starts, code, ways))
        reader.start()
        guest(pipe, functions[0][0], functions[-1][0] + 4096)
        reader.join()
    report([(way, times) for way, times in ways.items() if times >= TIMES], starts, functions, code)
    return {}


def symbols():
    """(address, name) of the core's functions, by address."""
    lines = [line.split() for line in run(["aarch64-linux-gnu-nm", "-n", CORE]).splitlines()]
    return [(int(line[0], 16), line[2]) for line in lines if len(line) == 3 and line[1] in "tT"]


def disassembly():
    """{address: instruction}."""
    text = run(["aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", CORE])
    found = re.findall(r"^ *([0-9a-f]+):\t(.*)$", text, re.MULTILINE)
    return {int(address, 16): " ".join(words.split("//")[0].split()) for address, words in found}


def guest(pipe, start, end):
    log = ["-singlestep", "-d", "exec,nochain", "-D", str(pipe)]
    log += ["-dfilter", f"{start:#x}..{end:#x}"]
    machine = qemu_runs.board(cpus=2, memory_mib=192, extra=log)
    properties = ("vcpus = <2>", "memory = /bits/ 64 <0x8000000>", 'kernel = "guest.elf"')
    qemu_runs.under_plinth(machine, "exits", properties, {"guest.elf": PAYLOAD})


def count(pipe, starts, code, ways):
    """Lines are like "Trace CPU: 0x7f.. [00000000/0000800000000400/..] symbol"."""
    current = {}
    with open(pipe, "rb", buffering=LOG_CHUNK) as log:
        for line in log:
            at = line.find(b"/")
            if at < 0:
                continue
            cpu, address = line[:8], int(line[at + 1 : at + 17], 16)
            if address in starts:
                current[cpu] = []
            if cpu in current:
                current[cpu].append(address)
                if code.get(address) == "eret":
                    ways[tuple(current.pop(cpu))] += 1


def report(ways, starts, functions, code):
    addresses = [address for address, _ in functions]

    def name(address):
        return functions[bisect.bisect(addresses, address) - 1][1].partition(".")[0]

    lines = []
    for way, times in ways:
        parts = [f"{key} {len(list(group))}" for key, group in groupby(way, key=name)]
        head = f"{len(way)} instructions, {times} times, {starts[way[0]]}: {', '.join(parts)}"
        print(head)
        lines += [head, *(f"\t{name(at):24} {code[at]}" for at in way), ""]
    OUTPUT.write_text("\n".join(lines))
    print(f"exit_trace: all of it: {shown(OUTPUT)}")
