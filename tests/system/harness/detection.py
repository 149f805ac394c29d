# SPDX-License-Identifier: Apache-2.0
"""plinth-detect's test matrix: guests that run it many times, hypervisors to run them under, and
what they said."""

import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.vms import KERNEL, vm_dts
from plinth import cpio, initramfs, peers, qemu
from plinth.command import run
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

# A PE-less arm64 Image header in front of the payload, which is linked 512 KiB into RAM.
PAYLOAD_OFFSET = 0x80000
HEADER_SIZE = 0x10000
BRANCH = 0x14000000
IMAGE_FLAGS = 0xA  # 4 KiB pages, anywhere in memory


@dataclass
class Cell:
    """One guest's answers: (present, absent, undecided, other) with and without MDCCSR_EL0."""

    system: str
    guest: str
    full: tuple
    without: tuple
    remarks: list

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
        Cell(system, guest, both["full"], both["without-mdccsr"], remarks.get(guest, []))
        for guest, both in tallies.items()
        if len(both) == 2
    ]


def seconds_taken(transcript):
    """Of the guest's time, by the first run."""
    start, end = re.search(r"detect: \S+ took ([0-9.]+) ([0-9.]+)", transcript).groups()
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


def payload_image(path):
    """The payload as an Image, which is what Xen's dom0less domains boot."""
    raw = path.with_suffix(".raw")
    run(["aarch64-linux-gnu-objcopy", "-O", "binary", PAYLOAD, raw])
    header = bytearray(HEADER_SIZE)
    struct.pack_into("<I", header, 0, BRANCH | HEADER_SIZE // 4)
    offset = PAYLOAD_OFFSET - HEADER_SIZE
    struct.pack_into("<QQQ", header, 8, offset, 0x400000, IMAGE_FLAGS)
    header[56:60] = b"ARM\x64"
    path.write_bytes(bytes(header) + raw.read_bytes())
    return path


@dataclass
class Domain:
    """A dom0less domain: its files are at these addresses of the host's memory."""

    cpus: int
    memory_kib: int
    kernel: tuple  # address, size
    initrd: tuple = ()
    bootargs: str = ""

    def text(self, number):
        lines = [
            f"domU{number} {{",
            'compatible = "xen,domain"; vpl011; #address-cells = <2>; #size-cells = <2>;',
            f"cpus = <{self.cpus}>; memory = <0 {self.memory_kib:#x}>;",
            module("kernel", self.kernel, self.bootargs),
            module("ramdisk", self.initrd) if self.initrd else "",
            "};",
        ]
        return "\n".join(lines)


def module(kind, place, bootargs=""):
    address, size = place
    return (
        f"module@{address:x} {{ "
        f'compatible = "multiboot,{kind}", "multiboot,module"; '
        f'reg = <0 {address:#x} 0 {size:#x}>; bootargs = "{bootargs}"; }};'
    )


def write_xen_dtb(path, board, domains):
    """QEMU's own devicetree of the board, with the domains in /chosen."""
    own = path.with_suffix(".qemu")
    command = qemu.command(board, "/dev/null")
    machine = command.index("-M") + 1
    command[machine] += f",dumpdtb={own}"
    del command[command.index("-kernel") : command.index("-kernel") + 2]
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    text = run(["dtc", "-q", "-I", "dtb", "-O", "dts", own])
    nodes = "\n".join(domain.text(number) for number, domain in enumerate(domains))
    chosen = (
        "\tchosen {\n#address-cells = <2>; #size-cells = <2>;\n"
        'xen,xen-bootargs = "console=dtuart dtuart=/pl011@9000000 bootscrub=0";\n'
        f"{nodes}\n\t}};\n"
    )
    text = re.sub(r"\tchosen \{.*?\n\t\};\n", lambda _: chosen, text, flags=re.S)
    source = path.with_suffix(".dts")
    source.write_text(text)
    run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", path, source])
    return path
