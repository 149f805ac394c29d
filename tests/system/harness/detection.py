# SPDX-License-Identifier: Apache-2.0
"""plinth-detect's test matrix: guests that run it many times, hypervisors to run them under, and
what they said."""

import re
from dataclasses import dataclass
from pathlib import Path

from harness.vms import KERNEL, vm_dts
from plinth import cpio, initramfs, peers
from plinth.paths import BUILD, GUEST

HERE = Path(__file__).resolve().parent
PROGRAM = GUEST / "plinth-detect"
PAYLOAD = BUILD / "payload" / "detect.elf"

VERDICTS = ("present", "absent", "undecided", "other")
TALLY = re.compile(
    r"detect: (\S+) (full|without-mdccsr) "
    r"present=(\d+) absent=(\d+) undecided=(\d+) other=(\d+)"
)
REMARK = re.compile(r"detect: (\S+) (profile \S+|statuses [ 0-9]+|\"likely\".*|systemd-detect-virt:.*|virt-what:.*)")

# Of --help, --list, two command lines that make no sense, and two probes that decide nothing.
STATUSES = "statuses 0 0 64 64 2 2"


@dataclass
class Cell:
    """One guest's answers: (present, absent, undecided, other) with and without MDCCSR_EL0."""

    system: str
    guest: str
    full: tuple
    without: tuple  # empty: it was ended before it told
    remarks: list

    def row(self, date, guest, note):
        """For harness/detect_table.py; `guest` in the page's words."""
        counts = dict(zip(VERDICTS[:3], self.full))
        counts |= {f"{name}_without": count for name, count in zip(VERDICTS, self.without[:3])}
        what = {"date": date, "first_fetch": "now", "system": self.system, "guest": guest}
        return {**what, **counts, "note": note}

    def text(self):
        counts = "".join(f"{number:>10}" for number in (*self.full, *self.without))
        return f"{self.system:<34}{self.guest:<9}{counts}"


def table_head():
    groups = "".join(f"{name:>10}" for name in (*VERDICTS, *VERDICTS))
    return f"{'':<43}{'all probes':>40}{'without MDCCSR_EL0':>40}\n{'':<43}{groups}"


def cells(system, transcript):
    """The cells of all guests on this console."""
    tallies = {}
    for guest, what, *counts in TALLY.findall(transcript):
        tallies.setdefault(guest, {})[what] = tuple(map(int, counts))
    remarks = {}
    for guest, remark in REMARK.findall(transcript):
        remarks.setdefault(guest, []).append(remark.strip())
    return [
        Cell(system, guest, both["full"], both.get("without-mdccsr", ()), remarks.get(guest, []))
        for guest, both in tallies.items()
    ]


def seconds_taken(transcript, what="took"):
    """Of the guest's time, by the first run; "took without memory": by one without first-fetch."""
    start, end = re.search(rf"detect: \S+ {what} ([0-9.]+) ([0-9.]+)", transcript).groups()
    return float(end) - float(start)


def initrd_entries(with_guessers):
    entries = [
        cpio.file("bin/plinth-detect", PROGRAM.read_bytes(), 0o755),
        cpio.file("etc/plinth/detect", (HERE / "detect_action.sh").read_bytes(), 0o755),
    ]
    if with_guessers:
        entries += peers.programs(peers.DETECT_VIRT, peers.VIRT_WHAT_HELPER)
        script = (peers.ROOT / peers.VIRT_WHAT).read_bytes()
        entries.append(cpio.file("bin/virt-what", script, 0o755))
    return entries


def write_initrd(path, with_guessers=False):
    initramfs.write(path, extra=initrd_entries(with_guessers))
    return path


def bootargs(name, runs):
    return (
        f"console=ttyAMA0 quiet plinth.name={name} plinth.action=detect,poweroff "
        f"plinth.runs={runs}"
    )


def plinth_vm(name, vcpus, runs, initrd, extra=()):
    """A VM of 1 GiB: Linux has large pages only with more than 512 MiB."""
    properties = (
        f"vcpus = <{vcpus}>",
        "memory = /bits/ 64 <0x40000000>",
        'kernel = "vmlinuz"',
        'initrd = "initrd.gz"',
        f'bootargs = "{bootargs(name, runs)}"',
        *extra,
    )
    return {"vm.dts": vm_dts(properties), "vmlinuz": KERNEL, "initrd.gz": initrd}


def plinth_payload(runs):
    properties = (
        "vcpus = <2>",
        "memory = /bits/ 64 <0x10000000>",
        'kernel = "detect.elf"',
        f'bootargs = "runs={runs}"',
    )
    return {"vm.dts": vm_dts(properties), "detect.elf": PAYLOAD}


def write_kvm_initrd(path, guest_initrd):
    """The host's: QEMU for arm64 and what its guests boot."""
    folders = ("guest", "usr", "usr/share", "usr/share/qemu")
    files = {"vmlinuz": KERNEL, "initrd.gz": guest_initrd, "detect.elf": PAYLOAD}
    entries = [
        *(cpio.folder(name) for name in folders),
        *(cpio.file(f"guest/{name}", file.read_bytes()) for name, file in files.items()),
        cpio.file("etc/plinth/kvm", (HERE / "kvm_action.sh").read_bytes(), 0o755),
        *peers.programs(peers.QEMU),
    ]
    initramfs.write(path, extra=entries)
    return path
