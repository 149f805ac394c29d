# SPDX-License-Identifier: Apache-2.0
"""guest/fw in VMs of Plinth: firmware = "uefi", with the core's runtime services."""

import re
import struct

import pytest
from harness import shell
from harness.fw import write_disk
from harness.monitor import ESCAPE
from harness.vms import INITRD, KERNEL, MIB, PAYLOADS, debian, memory_property, vm_dts
from plinth import initramfs
from plinth.paths import LOADERS

DEFAULT = "EFI/BOOT/BOOTAA64.EFI"
GRUB = LOADERS / "usr/lib/grub/arm64-efi/monolithic/grubaa64.efi"
SYSTEMD_BOOT = LOADERS / "usr/lib/systemd/boot/efi/systemd-bootaa64.efi"
OPTIONS = "console=ttyAMA0 quiet plinth.name=guest plinth.action=poweroff"
REPORT = r"plinth-guest: guest cpus=1 mem=(\d+)"
UEFI = ('firmware = "uefi"', 'nvram = "volatile"')
EFIVARS = "/sys/firmware/efi/efivars"
OURS = "12345678-1234-1234-1234-123456789abc"
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
NON_VOLATILE = bytes([7, 0, 0, 0])  # with access before and after ExitBootServices


@pytest.fixture
def disk_vm(make_bundle, tmp_path):
    """disk_vm(files, size, fat_bits, memory, extra, more, rights) -> a bundle of one VM with a disk of
    these files; `extra` are more properties, `more` the files that they name,
    `rights` more of the disk's."""

    def make(files, size=40 * MIB, fat_bits=16, memory=256, extra=(), more=None, rights=""):
        image = write_disk(tmp_path / "disk.img", files, size, fat_bits)
        properties = ["vcpus = <1>", memory_property(memory * MIB), *UEFI, *extra]
        properties.append(f'disk@0 {{ image = "disk.img"; {rights}}}')
        own = {"vm.dts": vm_dts(properties), "disk.img": image}
        return make_bundle({"guest": {**own, **(more or {})}})

    return make


@pytest.mark.parametrize("tables", ["fdt", "acpi"])
def test_debian_by_its_stub(boot, make_bundle, tmp_path, tables):
    """Kernel and initrd of the bundle, and the runtime services in the kernel's hands: it has mapped
    them at addresses of its own."""
    extra = [*UEFI, f'tables = "{tables}"']
    vm = debian("guest", vcpus=1, action="modules,shell", extra=extra)
    initramfs.write_modules(tmp_path / "initrd", "efivarfs")
    vm["initrd.gz"] = tmp_path / "initrd"
    machine = boot(make_bundle({"guest": vm}))
    shell.expect_prompt(machine, timeout=240)
    log = shell.ask(machine, "dmesg | grep -iE 'efi|RSDP|SMBIOS'")
    assert "efi: EFI v2.100 by Plinth" in log
    assert ("RSDP" in log) == (tables == "acpi")
    assert "SMBIOS 3.4.0 present" in log
    assert re.search(r"rtc-efi rtc-efi.0: setting system clock to 20\d\d-", log)
    check_variables(machine)
    machine.send("poweroff -f\n")
    machine.expect_exit(0)


def check_variables(machine):
    """Written, read, appended to and deleted by efivarfs."""
    name = f"{EFIVARS}/Test-{OURS}"
    assert shell.ask(machine, f"mount -t efivarfs none {EFIVARS}") == ""
    shell.ask(machine, "printf '\\007\\000\\000\\000hello' > /value")
    written = shell.ask(machine, f"dd if=/value of={name} bs=64")
    assert "1+0 records out" in written or "0+1 records out" in written, written
    assert "hello" in shell.ask(machine, f"cat {name}; echo")
    assert "Test-" in shell.ask(machine, f"ls {EFIVARS}")
    # efivarfs keeps what it does not know from being removed.
    assert "not permitted" in shell.ask(machine, f"rm -f {name}")


def test_grub(boot, disk_vm):
    config = f"linux /vmlinuz {OPTIONS}\ninitrd /initrd.gz\nboot\n"
    files = {DEFAULT: GRUB, "EFI/debian/grub.cfg": config, "vmlinuz": KERNEL, "initrd.gz": INITRD}
    machine = boot(disk_vm(files, 96 * MIB, 32))
    machine.expect(r"Welcome to GRUB!", timeout=120)
    machine.expect(REPORT, timeout=180)
    machine.expect_exit(0)


def test_systemd_boot(boot, disk_vm):
    entry = f"title Debian\nlinux /vmlinuz\ninitrd /initrd.gz\noptions {OPTIONS}\n"
    files = {
        DEFAULT: SYSTEMD_BOOT,
        "loader/loader.conf": "default debian.conf\ntimeout 0\n",
        "loader/entries/debian.conf": entry,
        "vmlinuz": KERNEL,
        "initrd.gz": INITRD,
    }
    machine = boot(disk_vm(files, 96 * MIB, 32))
    machine.expect(REPORT, timeout=240)
    machine.expect_exit(0)


@pytest.mark.parametrize("rights", ["", "read-only; "], ids=["writable", "read-only"])
def test_services(boot, disk_vm, rights):
    machine = boot(disk_vm({DEFAULT: PAYLOADS / "services.efi"}, memory=64, rights=rights))
    machine.expect(r"services: (\d+) passed, 0 failed", timeout=120)
    machine.expect_exit(0)
    text = machine.console.transcript
    assert "FAIL" not in text
    assert re.search(r"services: runtime mask 0x[0-9a-f]{2,}, after ExitBootServices", text)


def test_each_service_in_three_phases(boot, disk_vm):
    """With boot services, after ExitBootServices, and after SetVirtualAddressMap: the VM starts three
    times, each phase's last service is ResetSystem. A runtime driver goes along, whose pointers are
    right in the last phase too."""
    files = {DEFAULT: PAYLOADS / "phases.efi", "driver.efi": PAYLOADS / "driver.efi"}
    machine = boot(disk_vm(files, memory=64))
    machine.expect_exit(0, timeout=120)
    text = machine.console.transcript
    assert "FAIL" not in text and text.count("phases: 0 failed, resets") == 3, text
    assert [int(n) for n in re.findall(r"phases: phase (\d)", text)] == [0, 0, 1, 0, 1, 2]


def test_a_guest_that_overwrites_its_firmware(boot, make_bundle, tmp_path):
    """It hurts itself alone: its variables are whole, and its next start is as the first. Its
    neighbour's firmware, and the neighbour's variable of the same name, stay as they are."""
    guests = {}
    for name in ("vandal", "witness"):
        image = write_disk(tmp_path / name, {DEFAULT: PAYLOADS / f"{name}.efi"}, 40 * MIB, 16)
        properties = ["vcpus = <1>", memory_property(64 * MIB), *UEFI, 'disk@0 { image = "disk"; }']
        guests[name] = {"vm.dts": vm_dts(properties), "disk": image}
    machine = boot(make_bundle(guests), cpus=1)
    machine.expect(r"witness: watches (\d+) pages", timeout=120)
    machine.send("x")  # the vandal's, whose console is the first, may have begun to wait or not
    machine.expect(r"vandal: 1 passed, 0 failed", timeout=120)
    machine.send(f"{ESCAPE}2")
    machine.expect(r"^plinth: console of witness")
    machine.send("x")
    machine.expect(r"witness: \d{2,} passed, 0 failed", timeout=60)
    machine.expect_exit(0, timeout=60)
    text = machine.console.transcript
    assert "vandal: 0 failed, resets" in text and "FAIL" not in text, text
    assert text.index("witness: watches") < text.index("pages overwritten"), text


PIECE = 32


def octal(data):
    return "".join(f"\\{byte:03o}" for byte in data)


def set_variable(machine, name, data):
    """By efivarfs: non-volatile, for boot and runtime. Piece by piece: what a busy guest does not
    read of a long line is more than its UART keeps (VUART_BACKLOG)."""
    value = NON_VOLATILE + data
    shell.ask(machine, ": > /value")
    for start in range(0, len(value), PIECE):
        shell.ask(machine, f"printf '{octal(value[start : start + PIECE])}' >> /value")
    written = shell.ask(machine, f"dd if=/value of={EFIVARS}/{name}-{GLOBAL} bs=4k")
    assert "0+1 records out" in written, written


def load_option(description, path, options):
    """EFI_LOAD_OPTION for a file on whatever file system has it (UEFI 2.10, 3.1.3)."""
    name = f"{path}\0".encode("utf-16le")
    node = struct.pack("<BBH", 4, 4, 4 + len(name)) + name + bytes([0x7F, 0xFF, 4, 0])
    text = f"{description}\0".encode("utf-16le")
    return struct.pack("<IH", 1, len(node)) + text + node + f"{options}\0".encode("utf-16le")


def test_boot_entries(boot, disk_vm, tmp_path):
    """Written by Linux, they outlive the VM's reset: BootOrder each time, BootNext once."""
    initramfs.write_modules(tmp_path / "initrd", "efivarfs")
    bootargs = "console=ttyAMA0 quiet plinth.name=guest plinth.action=modules,shell"
    extra = ['kernel = "vmlinuz"', 'initrd = "initrd"', f'bootargs = "{bootargs}"']
    files = {"EFI/test/returns.efi": PAYLOADS / "returns.efi"}
    more = {"vmlinuz": KERNEL, "initrd": tmp_path / "initrd"}
    machine = boot(disk_vm(files, extra=extra, more=more))
    shell.expect_prompt(machine, timeout=240)
    shell.ask(machine, f"mount -t efivarfs none {EFIVARS}")
    path = "\\EFI\\test\\returns.efi"
    set_variable(machine, "Boot0007", load_option("Seven", path, "always"))
    set_variable(machine, "Boot0008", load_option("Eight", path, "once"))
    set_variable(machine, "Boot0009", load_option("Nine", "\\nowhere.efi", ""))
    set_variable(machine, "BootOrder", struct.pack("<HH", 9, 7))
    set_variable(machine, "BootNext", struct.pack("<H", 8))
    machine.send("reboot -f\n")
    machine.expect(r'returns: here, options "once"')
    machine.expect(r"Boot0009 Nine: \\nowhere.efi: cannot be loaded: Not Found")
    machine.expect(r'returns: here, options "always"')
    shell.expect_prompt(machine, timeout=240)
    machine.send("reboot -f\n")
    machine.expect(r"Boot0009 Nine")
    machine.expect(r'returns: here, options "always"')
    shell.expect_prompt(machine, timeout=240)
    assert machine.console.transcript.count('options "once"') == 1
