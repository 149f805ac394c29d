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

ALL_OFF = 0
ESCAPE = "\x14"  # Ctrl-T
MODULES = ("of_pmem", "nfit", "nd_pmem", "crc32c_generic", "ext4")
FILE_SYSTEM = 8 * MIB
TEXT = "written on the host"

WAIT_FOREVER = struct.pack("<2I", 0xD503207F, 0x17FFFFFF)  # wfi; b back to it

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


@pytest.mark.parametrize("tables", ["fdt", "acpi"])
def test_a_file_system_outlives_its_guest(boot, make_bundle, initrd, images, tables):
    """Over a reset, and over the VM's power."""
    extra = ACPI if tables == "acpi" else []
    vms = {"disk": guest("disk", initrd, images, extra), "idle": idle()}
    machine = boot(make_bundle(vms), memory_mib=1024)
    check_first_run(machine, "disk")
    machine.send("reboot -f\n")
    check_next_run(machine, "disk")
    machine.send("poweroff -f\n")
    machine.expect(r"^plinth: vm disk: off$", 60)
    go_to_monitor(machine)
    ask(machine, "vm start disk")
    machine.send(f"{ESCAPE}1")
    check_next_run(machine, "disk")


def test_a_read_only_disk_stays_as_it_is(boot, make_bundle, initrd, images):
    """By ACPI Linux knows; by the devicetree its store is an abort, its own affair alone."""
    vms = {
        "tree": guest("tree", initrd, images),
        "acpi": guest("acpi", initrd, images, ACPI),
    }
    machine = boot(make_bundle(vms), memory_mib=1536)
    machine.expect_all([rf"{name}\| {name}# " for name in vms], 120)
    machine.send(f"{ESCAPE}2")
    assert say(machine, "acpi", "cat /sys/block/pmem*/ro").split() == ["0", "1", "0"]
    machine.send(f"{ESCAPE}1")
    assert say(machine, "tree", "cat /sys/block/pmem*/ro").split() == ["0", "0", "0"]
    told = say(machine, "tree", "echo spoilt | dd of=/dev/pmem1 bs=512 conv=fsync; dmesg | tail -80")
    assert "synchronous external abort" in told
    assert "spoilt" not in say(machine, "tree", "head -c 8 /dev/pmem1")
    machine.send(f"{ESCAPE}2")
    assert mount_all(machine, "acpi") == ""
    assert say(machine, "acpi", "cat /b/text") == f"{TEXT} in fixed"
