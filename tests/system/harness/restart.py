# SPDX-License-Identifier: Apache-2.0
"""Soft restart: VMs that do nothing, with bundles on their disks, and the monitor's words."""

import re
import struct

from harness.monitor import ask
from harness.vms import MIB, memory_property, vm_dts

GOES_ON = struct.pack("<2I", 0xD503203F, 0x17FFFFFF)  # yield; b back to it
FIRST_DISK = 0x8000_0000  # the gigabyte behind RAM; further ones follow
DISK_UNIT = 2 * MIB


def waiting_vm(disks=(), kind="read-only;"):
    """A VM that does nothing, with disks that hold these bundles."""
    properties = ["vcpus = <1>", memory_property(64 * MIB), 'kernel = "flat"']
    files = {"flat": GOES_ON.ljust(4096, b"\0")}
    for number, content in enumerate(disks):
        properties.append(f'disk@{number} {{ image = "disk{number}"; {kind} }}')
        files[f"disk{number}"] = content
    return {"vm.dts": vm_dts(properties), **files}


def places(disks):
    """Where the guest has them, as the monitor takes it."""
    sizes = [-(-len(disk) // DISK_UNIT) * DISK_UNIT for disk in disks]
    return [f"{FIRST_DISK + sum(sizes[:number]):x}" for number in range(len(disks))]


def restart_from(machine, name, place, way="--soft"):
    machine.send(f"reboot {way} {name} {place}\n")
    machine.expect(r"^plinth: soft restart$")


def memory(machine):
    """KiB, in the order of `mem`: all, free, Plinth's own, stage-2 tables, guests'."""
    text = ask(machine, "mem")
    patterns = ("total", "free", "Plinth", "stage-2 tables", "guests", "page table of RAM")
    return [re.search(rf"{pattern} (\d+)", text).group(1) for pattern in patterns]
