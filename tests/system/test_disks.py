# SPDX-License-Identifier: Apache-2.0
"""Memory-backed disks: Debian finds them by the devicetree and by ACPI, and what it writes there is
there after its restart."""

import re
import struct
import subprocess

import pytest
from harness import shell
from harness.monitor import ask, go_to_monitor
from harness.vms import MIB, debian, memory_property, vm_dts
from plinth import initramfs

ESCAPE = "\x14"  # Ctrl-T
MODULES = ("of_pmem", "nfit", "nd_pmem", "crc32c_generic", "ext4")
FILE_SYSTEM = 8 * MIB
TEXT = "written on the host"

WAIT_FOREVER = struct.pack("<2I", 0xD503207F, 0x17FFFFFF)  # wfi; b back to it

FDT = []
ACPI = ['tables = "acpi"']
DISKS = [
    'disk@0 { image = "data.img"; size = <0x1000000>; }',
    'disk@1 { image = "fixed.img"; read-only; }',
    "disk@2 { size = <0x400000>; }",
]


@pytest.fixture(scope="module")
def initrd(tmp_path_factory):
    path = tmp_path_factory.mktemp("disks") / "initrd.gz"
    initramfs.write_modules(path, *MODULES)
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A file system for each disk that has an image."""
    folder = tmp_path_factory.mktemp("images")
    made = {}
    for name in ("data", "fixed"):
        content = folder / name
        content.mkdir()
        (content / "text").write_text(f"{TEXT} in {name}\n")
        made[f"{name}.img"] = folder / f"{name}.img"
        command = ["mke2fs", "-q", "-t", "ext4", "-d", content, made[f"{name}.img"]]
        subprocess.run([*command, str(FILE_SYSTEM >> 10)], check=True, timeout=60)
    return made


def guest(name, initrd, images, extra=()):
    files = debian(name, vcpus=2, action="modules,shell", extra=[*extra, *DISKS])
    return {**files, **images, "initrd.gz": initrd}


def idle():
    """Plinth goes on while another VM is off."""
    properties = ["vcpus = <1>", memory_property(64 * MIB), 'kernel = "flat"']
    return {"vm.dts": vm_dts(properties), "flat": WAIT_FOREVER.ljust(4096, b"\0")}


def say(machine, name, command):
    mark = f"{name}| "
    return shell.ask(machine, command, name, re.escape(mark)).replace(mark, "").strip()


def mount_all(machine, name):
    shell.expect_prompt(machine, name, 120)
    return say(machine, name, "mkdir -p /a /b; mount /dev/pmem0 /a && mount -o ro /dev/pmem1 /b")


def check_first_run(machine, name):
    assert mount_all(machine, name) == ""
    assert say(machine, name, "cat /a/text /b/text") == f"{TEXT} in data\n{TEXT} in fixed"
    sizes = "cat /sys/block/pmem0/size /sys/block/pmem1/size /sys/block/pmem2/size"
    assert say(machine, name, sizes).split() == ["32768", "16384", "8192"]
    write = "echo by the guest >/a/new; echo raw | dd of=/dev/pmem2 seek=4000 conv=fsync; sync"
    assert "1 records out" in say(machine, name, f"{write} 2>&1")


def check_next_run(machine, name):
    assert mount_all(machine, name) == ""
    assert say(machine, name, "cat /a/new /a/text") == f"by the guest\n{TEXT} in data"
    assert say(machine, name, "dd if=/dev/pmem2 skip=4000 2>/dev/null | head -n 1") == "raw"


@pytest.fixture
def start_guest(boot, make_bundle, initrd, images):
    """start_guest(properties) -> a machine with that guest and an idle VM."""

    def start(extra=()):
        vms = {"disk": guest("disk", initrd, images, extra), "idle": idle()}
        return boot(make_bundle(vms), memory_mib=1024)

    return start


@pytest.mark.parametrize("tables", [FDT, ACPI], ids=["fdt", "acpi"])
def test_a_file_system_outlives_its_guest(start_guest, tables):
    """Over a reset, and over the VM's power."""
    machine = start_guest(tables)
    check_first_run(machine, "disk")
    machine.send("reboot -f\n")
    check_next_run(machine, "disk")
    machine.send("poweroff -f\n")
    machine.expect(r"^plinth: vm disk: off$", 60)
    go_to_monitor(machine)
    ask(machine, "vm start disk")
    machine.send(f"{ESCAPE}1")
    check_next_run(machine, "disk")


def test_a_read_only_disk_by_acpi(start_guest):
    """Linux knows."""
    machine = start_guest(ACPI)
    assert mount_all(machine, "disk") == ""
    assert say(machine, "disk", "cat /sys/block/pmem*/ro").split() == ["0", "1", "0"]
    assert say(machine, "disk", "cat /b/text") == f"{TEXT} in fixed"


def test_a_read_only_disk_by_devicetree(start_guest):
    """Linux does not know, and runs into an abort when it writes; its own affair alone."""
    machine = start_guest(FDT)
    shell.expect_prompt(machine, "disk", 120)
    machine.send("echo spoilt | dd of=/dev/pmem1 bs=512 conv=fsync\n")
    machine.expect(r"synchronous external abort")
    go_to_monitor(machine)
    assert "running" in ask(machine, "vm info idle")
