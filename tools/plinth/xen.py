# SPDX-License-Identifier: Apache-2.0
"""Debian's Xen on QEMU's board, dom0less: domains that Xen itself makes from the devicetree, for
tests and benches that compare (tools/plinth/peers.py fetches Xen)."""

import re
import struct
import subprocess
from dataclasses import dataclass

from plinth import qemu
from plinth.command import run

# A PE-less arm64 Image header in front of a bare program, which is linked 512 KiB into RAM.
PAYLOAD_OFFSET = 0x80000
HEADER_SIZE = 0x10000
BRANCH = 0x14000000
IMAGE_FLAGS = 0xA  # 4 KiB pages, anywhere in memory
IMAGE_SIZE = 0x400000

BOOTARGS = "console=dtuart dtuart=/pl011@9000000 bootscrub=0"


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


def write_dtb(path, board, domains):
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
        f'xen,xen-bootargs = "{BOOTARGS}";\n'
        f"{nodes}\n\t}};\n"
    )
    text = re.sub(r"\tchosen \{.*?\n\t\};\n", lambda _: chosen, text, flags=re.S)
    source = path.with_suffix(".dts")
    source.write_text(text)
    run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", path, source])
    return path


def options(dtb, files):
    """QEMU's options that put {address: file} into memory for Xen."""
    loaded = ["-dtb", str(dtb)]
    for address, file in files.items():
        loaded += ["-device", f"loader,file={file},addr={address:#x},force-raw=on"]
    return loaded


def payload_image(path, elf):
    """A bare program as an Image, which is what dom0less domains boot."""
    raw = path.with_suffix(".raw")
    run(["aarch64-linux-gnu-objcopy", "-O", "binary", elf, raw])
    header = bytearray(HEADER_SIZE)
    struct.pack_into("<I", header, 0, BRANCH | HEADER_SIZE // 4)
    offset = PAYLOAD_OFFSET - HEADER_SIZE
    struct.pack_into("<QQQ", header, 8, offset, IMAGE_SIZE, IMAGE_FLAGS)
    header[56:60] = b"ARM\x64"
    path.write_bytes(bytes(header) + raw.read_bytes())
    return path
