# SPDX-License-Identifier: Apache-2.0
"""UEFI's runtime services as administrators of a Linux guest use them: efivarfs, Debian's
efibootmgr and efivar, the clock, and the machine's reset and end by ResetSystem."""

import os
import re

import pytest
from harness import shell
from harness.vms import MIB, PAYLOADS, debian
from plinth import esp, initramfs, qemu
from plinth.paths import IMAGE

UEFI = ('firmware = "uefi"', 'nvram = "volatile"')
PARKING = ('tables = "acpi"', 'secondary-boot = "parking"')
EFIVARS = "/sys/firmware/efi/efivars"
GUID = "12345678-1234-1234-1234-123456789abc"
ATTRIBUTES = r"\007\000\000\000"  # non-volatile, for boot and runtime
APPEND = r"\107\000\000\000"
FLASH_SIZE = 64 << 20  # AAVMF's
BOOT = 240  # seconds at most until the shell listens


@pytest.fixture
def efi_guest(boot, make_bundle, tmp_path):
    """efi_guest(vcpus, extra, disk, **board) -> a Debian guest with EFI's tools at its shell,
    efivarfs mounted."""

    def start(vcpus, extra=(), disk=None, **board):
        modules, files = (), {}
        if disk:
            modules, files = ("nfit", "nd_pmem"), {"disk.img": disk}
            extra = [*extra, 'disk@0 { image = "disk.img"; }']
        vm = debian("guest", vcpus, action="tables,modules,shell", extra=[*UEFI, *extra])
        initramfs.write_efi(tmp_path / "initrd", *modules)
        vm["initrd.gz"] = tmp_path / "initrd"
        machine = boot(make_bundle({"guest": {**vm, **files}}), **board)
        wait_for_shell(machine)
        return machine

    return start


def wait_for_shell(machine):
    shell.expect_prompt(machine, timeout=BOOT)
    assert shell.ask(machine, f"mount -t efivarfs none {EFIVARS}") == ""


def write(machine, name, data, attributes=ATTRIBUTES):
    """By one write(), as efivarfs wants it; what dd and the kernel say."""
    shell.ask(machine, f"printf '{attributes}' > /value; {data} >> /value")
    return shell.ask(machine, f"dd if=/value of={EFIVARS}/{name}-{GUID} bs=64k conv=notrunc")


def read(machine, name):
    return shell.ask(machine, f"tail -c +5 {EFIVARS}/{name}-{GUID}; echo").strip()


def room(machine):
    """Bytes that efivarfs has, and has left, from QueryVariableInfo."""
    return tuple(map(int, shell.ask(machine, f"stat -f -c '%b %f' {EFIVARS}").split()))


def cost(name, data):
    """Bytes that a variable takes, by docs/runtime-services.md."""
    return -(-(24 + 2 * len(name) + data) // 8) * 8


def test_efivarfs(efi_guest):
    machine = efi_guest(1)
    assert "1 records out" in write(machine, "Test", "printf one")
    assert "1 records out" in write(machine, "Other", "printf two")
    file = f"{EFIVARS}/Test-{GUID}"
    # What it does not know it keeps from being removed, and from being written again.
    assert re.search(r"^-*i-* ", shell.ask(machine, f"lsattr {file}"))
    assert "not permitted" in shell.ask(machine, f"rm -f {file}")
    assert "not permitted" in write(machine, "Test", "printf more", APPEND)
    assert shell.ask(machine, f"chattr -i {file}") == ""
    assert "1 records out" in write(machine, "Test", "printf more", APPEND)
    assert read(machine, "Test") == "onemore"
    assert shell.ask(machine, f"rm -f {file}") == ""
    assert shell.ask(machine, f"ls {EFIVARS}").split() == [f"Other-{GUID}"]
    check_quota(machine)
    check_efivar(machine)
    machine.send("poweroff -f\n")
    machine.expect_exit(0)


def check_quota(machine):
    """16 KiB of non-volatile variables, 8 KiB each."""
    zeroes = "dd if=/dev/zero bs=1k count={} 2>/dev/null"
    left = 16384 - cost("Other", 3)
    assert room(machine) == (16384, left)
    assert "Invalid argument" in write(machine, "Huge", zeroes.format(9))
    for name in ("One", "Two"):
        assert "1 records out" in write(machine, name, zeroes.format(6))
        left -= cost(name, 6 * 1024)
        assert room(machine) == (16384, left)
    assert "No space left" in write(machine, "More", zeroes.format(6))
    for name in ("One", "Two"):
        shell.ask(machine, f"chattr -i {EFIVARS}/{name}-{GUID}; rm -f {EFIVARS}/{name}-{GUID}")
    assert room(machine) == (16384, 16384 - cost("Other", 3))


def check_efivar(machine):
    shell.ask(machine, "printf hello > /first; printf ' world' > /second")
    name = f"-n {GUID}-Written"
    assert shell.ask(machine, f"efivar {name} -t 7 -w -f /first") == ""
    assert shell.ask(machine, f"efivar {name} -a -f /second") == ""
    # Mounted anew it shows what GetNextVariableName does, and no file whose first write failed.
    assert shell.ask(machine, f"umount {EFIVARS}; mount -t efivarfs none {EFIVARS}") == ""
    listed = shell.ask(machine, "efivar -l").split()
    assert sorted(listed) == [f"{GUID}-Other", f"{GUID}-Written"]
    text = shell.ask(machine, f"efivar {name} -p")
    assert "Non-Volatile" in text and "hello world" in text, text


ENTRY = r"HD\(1,GPT,[-0-9a-f]{36},0x800,0x[0-9a-f]+\)/File\(\\EFI\\test\\returns\.efi\)"


def add_entry(machine, label, options):
    """By efibootmgr: a file of the disk's partition, known by its GUID."""
    path = r"\EFI\test\returns.efi"
    where = "-d /dev/pmem0 -p 1"
    return shell.ask(machine, f"efibootmgr -c {where} -L {label} -l '{path}' -u {options}")


@pytest.mark.parametrize("gic", [3, pytest.param(2, marks=pytest.mark.long)])
def test_boot_manager_clock_and_power(efi_guest, tmp_path, gic):
    """Without PSCI for the kernel: what resets the VM and powers it off is ResetSystem."""
    files = {"EFI/test/returns.efi": PAYLOADS / "returns.efi"}
    disk = esp.write_disk(tmp_path / "disk.img", files, 40 * MIB, 16)
    machine = efi_guest(2, PARKING, disk, gic=gic)
    assert "method=parking-protocol psci=0" in machine.console.transcript
    assert "No BootOrder is set" in shell.ask(machine, "efibootmgr")
    assert "Boot0000* First" in add_entry(machine, "First", "once")
    assert "BootOrder: 0001,0000" in add_entry(machine, "Second", "always")
    assert len(re.findall(ENTRY, shell.ask(machine, "efibootmgr -v"))) == 2
    assert "BootOrder: 0001\n" in shell.ask(machine, "efibootmgr -o 1")
    assert "BootNext: 0000" in shell.ask(machine, "efibootmgr -n 0")
    check_clock(machine)
    machine.send("reboot -f\n")
    machine.expect(r'returns: here, options "once", BootCurrent 0000')
    machine.expect(r'returns: here, options "always", BootCurrent 0001')
    wait_for_shell(machine)
    assert machine.console.transcript.count('options "once"') == 1
    text = shell.ask(machine, "efibootmgr")
    assert "BootOrder: 0001\n" in text and "Boot0000* First" in text, text
    assert "BootNext" not in text and "BootCurrent" not in text, text
    assert " 2031" in shell.ask(machine, "hwclock")
    assert " 2031" in shell.ask(machine, "date")
    assert "Second" not in shell.ask(machine, "efibootmgr -B -b 1")
    machine.send("poweroff -f\n")
    machine.expect_exit(0)


def check_clock(machine):
    """The kernel's clock comes from rtc-efi and goes there."""
    assert shell.ask(machine, "cat /sys/class/rtc/rtc0/name").startswith("rtc-efi")
    shell.ask(machine, "date -s '2031-05-06 07:08:09'; hwclock -w; date -s '2030-01-01 00:00:00'")
    assert "May  6 07:08:" in shell.ask(machine, "hwclock -r")
    assert "May  6 07:08:" in shell.ask(machine, "hwclock -s; date")


@pytest.mark.long
def test_a_restart_of_the_host_keeps_them(start, make_bundle, tmp_path):
    """Plinth is started by AAVMF twice, whose flash is all that stays."""
    vm = debian("guest", 1, action="modules,shell", extra=['firmware = "uefi"'])
    initramfs.write_efi(tmp_path / "initrd")
    vm["initrd.gz"] = tmp_path / "initrd"
    partition = esp.make(tmp_path / "esp", IMAGE, make_bundle({"guest": vm}), "")
    flash = tmp_path / "flash"
    flash.touch()
    os.truncate(flash, FLASH_SIZE)
    drive = ["-drive", f"if=pflash,unit=1,format=raw,file={flash}"]
    for before in ("", "kept"):
        machine = start(None, firmware=qemu.AAVMF, esp=partition, extra=drive)
        wait_for_shell(machine)
        if before:
            assert shell.ask(machine, "efivar -l").split() == [f"{GUID}-Test"]
            assert read(machine, "Test") == before
        else:
            assert shell.ask(machine, "efivar -l") == ""
            assert "1 records out" in write(machine, "Test", "printf kept")
        machine.send("poweroff -f\n")
        machine.expect_exit(0)
