# SPDX-License-Identifier: Apache-2.0
"""What a scan of a Debian guest costs: 1 GiB, the kernel's half while its CPU waits (without KASLR,
as the baseline) and the user's half of a dd with 64 MiB in use. In AT instructions, in instructions
of Plinth for each of them, and in instructions of its longest step."""

import re
import subprocess
import tempfile
import threading
from pathlib import Path

from plinth import bundle, qemu
from plinth import measure as qemu_runs
from plinth.errors import PlinthError
from plinth.paths import GUEST, IMAGE

# By levels alone it is one AT for each invalid entry and each mapped page (baselines, section 5).
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
PROMPT = "guest# "
MONITOR = "plinth> "
BUSY = "dd if=/dev/zero of=/dev/null bs=64M 2>/dev/null &"


class Terminal:
    """Plinth's console, for a program that types."""

    def __init__(self, archive):
        board = qemu_runs.board(cpus=1, memory_mib=2048)
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
        terminal = Terminal(archive)
        try:
            kernel, user = scans(terminal)
        finally:
            terminal.close()
    return figures(kernel, user)


def scans(terminal):
    """What the monitor says of the two halves."""
    terminal.until(PROMPT)
    terminal.go_to_monitor()
    terminal.ask("vm pause guest", MONITOR)
    kernel = terminal.ask("scan guest --from ffff000000000000", MONITOR)
    terminal.ask("vm resume guest", MONITOR)
    terminal.ask("console guest", PROMPT)
    terminal.ask(BUSY, PROMPT)
    terminal.ask("sleep 1", PROMPT)
    terminal.go_to_monitor()
    terminal.ask("vm pause guest", MONITOR)
    user = terminal.ask("scan guest --to ffffffffffff --el0", MONITOR)
    return kernel, user


def figures(kernel, user):
    found = {}
    for name, text in {"": kernel, "_user": user}.items():
        counts, costs = COUNTS.search(text), COSTS.search(text)
        if not counts or not costs:
            raise PlinthError(f"bench: that is no scan\n{text}")
        at, reads = map(int, counts.groups())
        insns, longest, line = map(int, costs.groups())
        found[f"scan_at{name}"] = at
        found[f"scan_insns_per_at{name}"] = round(insns / at, 2)
        found[f"scan_step_max{name}"] = longest
        found[f"scan_line_max{name}"] = line  # the console's work, for each range
        found[f"scan_reads_of_guest_memory{name}"] = reads
    return found
