# SPDX-License-Identifier: Apache-2.0
"""The firmware of VMs: its bytes, and its instructions from its first to those of the kernel, beside
AAVMF's for the same kernel in the same way (from memory, without a disk), both on QEMU's own board
at EL1. The kernel is an EFI application that tells the time, made as large as Debian's."""

import struct
import tempfile
from pathlib import Path

from plinth import fw, qemu
from plinth import measure as qemu_runs
from plinth.paths import BUILD

KIB = 1 << 10
GOALS = {"fw_bytes": 160 * KIB, "fw_to_kernel_percent_of_aavmf": 10}
CLOCK = BUILD / "payload" / "clock.efi"
LINE = "clock: entered after"

# Offsets in a PE file (Microsoft's PE format).
PE_OFFSET = 0x3C
SECTION_COUNT = 6
OPTIONAL_SIZE = 20
HEADERS_SIZE = 24
IMAGE_SIZE = HEADERS_SIZE + 56
SECTION_SIZE = 40
PAGE = 4096


def instructions_to_kernel(board):
    text = qemu_runs.console(board, None, until=LINE)
    ticks = qemu_runs.number(text, rf"{LINE} (\d+)")
    hertz = qemu_runs.number(text, rf"{LINE} .* of (\d+) a second")
    return ticks * qemu_runs.NS_PER_SECOND // hertz


def as_large_as(program, size):
    """The program with its last section padded, with data, to `size` bytes in the file."""
    data = bytearray(program)
    pe = struct.unpack_from("<I", data, PE_OFFSET)[0]
    count = struct.unpack_from("<H", data, pe + SECTION_COUNT)[0]
    optional = struct.unpack_from("<H", data, pe + OPTIONAL_SIZE)[0]
    section = pe + HEADERS_SIZE + optional + (count - 1) * SECTION_SIZE
    start = struct.unpack_from("<I", data, section + 12)[0]
    whole = (size + PAGE - 1) // PAGE * PAGE
    data += bytes(range(1, 256)) * ((whole - len(data)) // 255 + 1)
    del data[whole:]
    struct.pack_into("<I", data, section + 8, whole - start)
    struct.pack_into("<I", data, section + 16, whole - start)
    struct.pack_into("<I", data, pe + IMAGE_SIZE, whole)
    return bytes(data)


def measure():
    settings = {"cpus": 1, "el2": False, "memory_mib": fw.MEMORY_MIB}
    with tempfile.TemporaryDirectory() as scratch:
        kernel = Path(scratch) / "kernel"
        kernel.write_bytes(as_large_as(CLOCK.read_bytes(), qemu_runs.KERNEL.stat().st_size))
        options = fw.options(Path(scratch), kernel=kernel)
        own = instructions_to_kernel(
            qemu_runs.board(firmware=fw.FIRMWARE, acpi=False, extra=options, **settings)
        )
        with_kernel = ["-kernel", str(kernel)]
        aavmf = instructions_to_kernel(qemu_runs.board(firmware=qemu.AAVMF, extra=with_kernel, **settings))
    return {
        "fw_bytes": fw.FIRMWARE.stat().st_size,
        "fw_to_kernel": own,
        "fw_to_kernel_aavmf": aavmf,
        "fw_to_kernel_percent_of_aavmf": own * 100 // aavmf,
    }
