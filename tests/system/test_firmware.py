# SPDX-License-Identifier: Apache-2.0
"""VMs that start in a firmware: Plinth's own, and Debian's U-Boot."""

import pytest
from harness.vms import (
    INITRD,
    KERNEL,
    MIB,
    debian,
    memory_property,
    report_of,
    vm_dts,
    write_folder,
)
from plinth import bundle
from plinth.errors import PlinthError
from plinth.qemu import U_BOOT

ALL_OFF = 0
OWN = 'firmware = "uefi"'
U_BOOT_PROMPT = r"^=> "

# Where U-Boot's VM has what: 512 MiB of RAM, so disks lie from 2 GiB on.
RAM = 0x40000000
DISKS = 0x80000000
TREE = RAM + 240 * MIB
INITRD_COPY = RAM + 256 * MIB


@pytest.mark.parametrize(("tables", "found"), [("fdt", ""), ("acpi", "APIC DSDT FACP GTDT SPCR ")])
def test_debian_by_plinths_own(boot, make_bundle, tables, found):
    """By Linux's EFI stub, with kernel and initrd of the bundle; two VMs share one firmware."""
    extra = [OWN, f'tables = "{tables}"']
    guests = {name: debian(name, action="tables,poweroff", extra=extra) for name in ("one", "two")}
    machine = boot(make_bundle(guests), memory_mib=1536)
    wanted = [report_of(name, 2) for name in guests]
    wanted += [rf"{name} tables online=0-1 method=psci psci=1 acpi={found} $" for name in guests]
    machine.expect_all(wanted, 180)
    assert machine.expect_exit(ALL_OFF) == "all VMs are off"


def test_pack_says_that_the_firmware_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "FIRMWARE", tmp_path / "nowhere.bin")
    write_folder(tmp_path / "vms", {"vm": debian("vm", extra=[OWN])})
    with pytest.raises(PlinthError, match=r"nowhere\.bin is missing: \./plinth build"):
        bundle.pack(tmp_path / "vms", tmp_path / "bundle.cpio")


def u_boot_prompt(machine):
    machine.expect(r"Hit any key to stop autoboot", 120)
    machine.send("\n")
    machine.expect(U_BOOT_PROMPT)


def u_boot(machine, command, answer=U_BOOT_PROMPT):
    machine.send(f"{command}\n")
    machine.expect(answer)


def block_up(size):
    return -(-size // (2 * MIB)) * 2 * MIB


def test_u_boot_boots_debian_from_a_disk(boot, make_bundle):
    """Its EFI loader starts the kernel as it lies in one disk; the initrd lies in another."""
    properties = ["vcpus = <2>", memory_property(512 * MIB), 'firmware = "u-boot.bin"']
    disks = [
        'disk@0 { image = "vmlinuz"; read-only; }',
        'disk@1 { image = "initrd.gz"; read-only; }',
    ]
    vm = {
        "vm.dts": vm_dts([*properties, *disks]),
        "u-boot.bin": U_BOOT,
        "vmlinuz": KERNEL,
        "initrd.gz": INITRD,
    }
    machine = boot(make_bundle({"uboot": vm}), memory_mib=1536)
    u_boot_prompt(machine)
    # The ROM is one: U-Boot runs into its own abort, and its reset is the VM's.
    u_boot(machine, "mw.l 0 0", r'^"Synchronous Abort" handler')
    u_boot_prompt(machine)
    kernel, initrd = KERNEL.stat().st_size, INITRD.stat().st_size
    initrd_disk = DISKS + block_up(kernel)
    u_boot(machine, f"cp.b {initrd_disk:x} {INITRD_COPY:x} {initrd:x}")
    u_boot(machine, "fdt addr $fdtcontroladdr")
    u_boot(machine, f"fdt move $fdtcontroladdr {TREE:x} 10000")
    u_boot(machine, f"fdt chosen {INITRD_COPY:x} {initrd:x}")
    u_boot(machine, f"fdt rsvmem add {INITRD_COPY:x} {initrd:x}")
    arguments = "console=ttyAMA0 quiet plinth.name=uboot plinth.action=poweroff"
    u_boot(machine, f"setenv bootargs {arguments}")
    u_boot(machine, f"bootefi {DISKS:x}:{kernel:x} {TREE:x}", r"Booting /MemoryMapped")
    machine.expect(report_of("uboot", 2), 180)
    assert machine.expect_exit(ALL_OFF) == "all VMs are off"
