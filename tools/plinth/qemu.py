# SPDX-License-Identifier: Apache-2.0
"""The QEMU command line: used by ./plinth run, by the system tests and by the benches."""

from dataclasses import dataclass, field
from pathlib import Path

from plinth.errors import PlinthError

QEMU = "qemu-system-aarch64"
GIC_VERSIONS = (2, 3)
CPUS_MAX = {2: 8, 3: 64}  # GICv2's interface addresses eight CPUs; 64 is Plinth's own bound
GDB_PORT = 1234
AAVMF = Path("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd")
U_BOOT = Path("/usr/lib/u-boot/qemu_arm64/u-boot.bin")


@dataclass
class Board:
    """The machine that QEMU is to be: its `virt` board, or the board `model` as QEMU has it."""

    cpus: int = 2
    memory_mib: int = 2048
    gic: int = 3
    cpu: str = "cortex-a57"
    el2: bool = True
    icount: bool = False
    gdb: bool = False
    acpi: bool = True  # what firmware gets; without it, a devicetree
    firmware: Path | None = None  # started instead of a kernel
    esp: Path | None = None  # a folder: the EFI system partition that the firmware finds
    model: str = "virt"
    extra: list = field(default_factory=list)

    def check(self):
        if self.gic not in GIC_VERSIONS:
            raise PlinthError(f"--gic {self.gic}: 2 or 3", 2)
        if not 1 <= self.cpus <= CPUS_MAX[self.gic]:
            raise PlinthError(
                f"--cpus {self.cpus}: 1 to {CPUS_MAX[self.gic]} with GICv{self.gic}", 2
            )
        if self.memory_mib < 64:
            raise PlinthError(f"--memory {self.memory_mib}: at least 64 (MiB)", 2)


def command(board, kernel=None, initrd=None, append="", serial="mon:stdio"):
    """The argument list that boots `kernel`, or the board's firmware."""
    board.check()
    arguments = [QEMU, "-M", machine(board), "-cpu", board.cpu]
    arguments += ["-smp", str(board.cpus), "-m", str(board.memory_mib)]
    arguments += ["-display", "none", "-serial", serial, "-nic", "none"]
    if serial != "mon:stdio":
        arguments += ["-monitor", "none"]
    arguments += firmware(board) if board.firmware else direct(kernel, initrd, append)
    if board.icount:
        arguments += ["-icount", "shift=0"]
    if board.gdb:
        arguments += ["-S", "-gdb", f"tcp:127.0.0.1:{GDB_PORT}"]
    return arguments + board.extra


def machine(board):
    if board.model != "virt":
        return board.model
    options = f"virt,gic-version={board.gic}"
    if board.el2:
        options += ",virtualization=on"
    if not board.acpi:
        options += ",acpi=off"
    return options


def direct(kernel, initrd, append):
    """QEMU itself is the boot loader."""
    arguments = ["-kernel", str(kernel)]
    if initrd:
        arguments += ["-initrd", str(initrd)]
    if append:
        arguments += ["-append", append]
    return arguments


def firmware(board):
    rng = "virtio-rng-device,bus=virtio-mmio-bus.1"  # EFI_RNG
    arguments = ["-bios", str(board.firmware), "-device", rng]
    if board.esp:
        drive = f"file=fat:{board.esp},format=raw,readonly=on,if=none,id=esp"
        arguments += ["-drive", drive, "-device", "virtio-blk-device,drive=esp,bus=virtio-mmio-bus.0"]
    return arguments
