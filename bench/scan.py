# SPDX-License-Identifier: Apache-2.0
"""What a scan of a Debian guest costs: 1 GiB, the kernel's half while its CPU waits (without KASLR,
as the baseline) and the user's half of a dd with 64 MiB in use. In AT instructions, in instructions
of Plinth for each of them, and in instructions of its longest step. Beside them, for honesty, what
tests/payload/walk.c takes, which reads the same tables whole and must find the same ranges."""

import re
import struct
import subprocess
import tempfile
import threading
from pathlib import Path

from plinth import bundle, qemu
from plinth import measure as qemu_runs
from plinth.errors import PlinthError
from plinth.paths import BUILD, GUEST, IMAGE

# By levels alone it is one AT for each invalid entry and each mapped page (docs/design/scan.md).
LEVEL_SKIPPING = 351_569

GOALS = {
    "scan_at": LEVEL_SKIPPING * 101 // 100,
    "scan_insns_per_at": 20,
    "scan_insns_per_at_user": 20,
    "scan_step_max": 10_000,
    "scan_step_max_user": 10_000,
    "scan_reads_of_guest_memory": 0,
}

DESCRIPTION = """/dts-v1/;
/ {
	compatible = "plinth,vm";
	vcpus = <1>;
	memory = /bits/ 64 <0x40000000>;
	kernel = "vmlinuz";
	initrd = "initrd.gz";
	bootargs = "console=ttyAMA0 quiet nokaslr plinth.action=shell";
};
"""
COUNTS = re.compile(r"AT (\d+) times, descriptors read (\d+)")
COSTS = re.compile(r"instructions: (\d+) in them, longest (\d+); showing a line (\d+)")
REGISTERS = re.compile(r"tcr (\w+) mair (\w+) ttbr0 (\w+) ttbr1 (\w+)")
STAGE2 = re.compile(r"stage 2 at (0x\w+)")
RANGE = re.compile(r"^[0-9a-f]{16}-[0-9a-f]{16} .*$", re.M)
WALKER = BUILD / "payload" / "walk.elf"
WALKER_ASKED = 0x43000000  # struct asked
WALKER_MIB = 64  # its own memory, below the copy
MACHINE_MIB = 2048
PROMPT = "guest# "
MONITOR = "plinth> "
BUSY = "dd if=/dev/zero of=/dev/null bs=64M 2>/dev/null &"


class Terminal:
    """Plinth's console, for a program that types."""

    def __init__(self, archive, memory):
        extra = ["-machine", "memory-backend=ram", "-object"]
        extra += [f"memory-backend-file,id=ram,size={MACHINE_MIB}M,mem-path={memory},share=on"]
        board = qemu_runs.board(cpus=1, memory_mib=MACHINE_MIB, extra=extra)
        command = qemu.command(board, IMAGE, archive, "bench", serial="stdio")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._timer = threading.Timer(qemu_runs.TIMEOUT, self._process.kill)
        self._timer.start()
        self._text = ""

    def until(self, mark):
        """The text up to and with `mark`."""
        while mark not in self._text:
            chunk = self._process.stdout.read1(4096)
            if not chunk:
                raise PlinthError(f"bench: no {mark!r} on the console\n{self._text}")
            self._text += chunk.decode("utf-8", "backslashreplace").replace("\r", "")
        before, _, self._text = self._text.partition(mark)
        return before

    def press(self, keys):
        self._process.stdin.write(keys.encode())
        self._process.stdin.flush()

    def ask(self, line, mark):
        """What comes between the line's echo and `mark`."""
        self.press(f"{line}\r")
        self.until(f"{line}\n")
        return self.until(mark)

    def go_to_monitor(self):
        self.press("\x14m")
        self.until(MONITOR)

    def close(self):
        self._timer.cancel()
        self._process.kill()
        self._process.wait()


def measure():
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "guest"
        folder.mkdir()
        (folder / "vm.dts").write_text(DESCRIPTION)
        for name in ("vmlinuz", "initrd.gz"):
            (folder / name).symlink_to(GUEST / name)
        archive = Path(scratch) / "bundle.cpio"
        bundle.pack(folder, archive)
        memory = Path(scratch) / "memory"
        terminal = Terminal(archive, memory)
        try:
            return measure_halves(terminal, memory)
        finally:
            terminal.close()


def measure_halves(terminal, memory):
    terminal.until(PROMPT)
    terminal.go_to_monitor()
    kernel = half(terminal, memory, "--from ffff000000000000", 1)
    terminal.ask("vm resume guest", MONITOR)
    terminal.ask("console guest", PROMPT)
    terminal.ask(BUSY, PROMPT)
    terminal.ask("sleep 1", PROMPT)
    terminal.go_to_monitor()
    user = half(terminal, memory, "--to ffffffffffff --el0", 0)
    return {**kernel, **{f"{name}_user": value for name, value in user.items()}}


def half(terminal, memory, options, number):
    """Scanned, then walked, while the VM is paused."""
    terminal.ask("vm pause guest", MONITOR)
    text = terminal.ask(f"scan guest {options}", MONITOR)
    stage2 = STAGE2.search(terminal.ask("coherency guest", MONITOR))
    if not stage2:
        raise PlinthError("bench: where is stage 2?")
    return {**figures(text), **walked(text, stage2.group(1), memory, number)}


def walked(text, stage2, memory, number):
    """What a walk by software takes for the half that `text` is a scan of."""
    tcr, mair, *ttbr = REGISTERS.search(text).groups()
    asked = memory.with_name("asked")
    registers = (int(word, 16) for word in (tcr, mair, ttbr[number]))
    words = (WALKER_MIB << 20, int(stage2, 16), *registers, number, 1 - number)
    asked.write_bytes(struct.pack("<7Q", *words))
    extra = ["-object", f"memory-backend-ram,id=own,size={WALKER_MIB}M", "-object"]
    extra += [f"memory-backend-file,id=copy,size={MACHINE_MIB}M,mem-path={memory},share=off"]
    extra += ["-device", f"loader,file={asked},addr={WALKER_ASKED:#x},force-raw=on"]
    extra += ["-numa", "node,memdev=own", "-numa", "node,memdev=copy"]
    board = qemu_runs.board(
        cpus=1, memory_mib=WALKER_MIB + MACHINE_MIB, el2=False, extra=extra
    )
    console = qemu_runs.console(board, WALKER)
    if RANGE.findall(console) != RANGE.findall(text):
        raise PlinthError(f"bench: scan and walk differ\n{text}\n{console}")
    return {
        "scan_walk_insns": qemu_runs.number(console, r"BENCH: insns (\d+)"),
        "scan_walk_reads": qemu_runs.number(console, r"BENCH: reads (\d+)"),
    }


def figures(text):
    counts, costs = COUNTS.search(text), COSTS.search(text)
    if not counts or not costs:
        raise PlinthError(f"bench: that is no scan\n{text}")
    at, reads = map(int, counts.groups())
    insns, longest, line = map(int, costs.groups())
    return {
        "scan_at": at,
        "scan_insns": insns,
        "scan_insns_per_at": round(insns / at, 2),
        "scan_step_max": longest,
        "scan_line_max": line,  # the console's work, for each range
        "scan_reads_of_guest_memory": reads,
    }
