# SPDX-License-Identifier: Apache-2.0
"""Bad input: Plinth says what is wrong, in which VM and where, and starts the other VMs."""

import re
import struct

import pytest
from harness import vms
from harness.vms import MIB, debian, memory_property, report_of, vm_dts

VCPUS = "vcpus = <1>"
MEMORY = memory_property(128 * MIB)
KERNEL = 'kernel = "vmlinuz"'


def elf(machine, kind=2, size=4096):
    """The header of a little-endian 64-bit ELF, and nothing behind it."""
    return (b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", kind, machine, 1)).ljust(
        size, b"\0"
    )


X86_ELF = elf(62)
AARCH64_OBJECT = elf(183, kind=1)
BZIMAGE = (bytes(510) + b"\x55\xaa" + b"\xeb\x6aHdrS").ljust(4096, b"\0")
BIG_ENDIAN_IMAGE = bytearray(8192)
struct.pack_into("<QQQ", BIG_ENDIAN_IMAGE, 8, 0, 8192, 1)
BIG_ENDIAN_IMAGE[56:60] = b"ARM\x64"


def described(*properties, **files):
    """A VM's folder with this description, and `vmlinuz` if nothing else is said of it."""
    return {"vm.dts": vm_dts(properties), "vmlinuz": b"\x00\x00\x00\x14" * 1024, **files}


# Name of the VM -> (its files, the pattern of what Plinth says). The name is the case.
BAD = {
    "unknown-property": (
        described(VCPUS, MEMORY, KERNEL, "frobnicate"),
        'vm.dtb: unknown property "frobnicate" in /',
    ),
    "vcpus-0": (described("vcpus = <0>", MEMORY, KERNEL), "vcpus: 0 is not in 1 to 123"),
    "vcpus-1000": (described("vcpus = <1000>", MEMORY, KERNEL), "vcpus: 1000 is not in 1 to 123"),
    "vcpus-text": (
        described('vcpus = "two2"', MEMORY, KERNEL),
        "vcpus: is 5 bytes long, not one number of 4 bytes",
    ),
    "memory-0": (described(VCPUS, memory_property(0), KERNEL), "memory: is zero"),
    "memory-odd": (
        described(VCPUS, memory_property(128 * MIB + 1), KERNEL),
        "memory: 0x8000001 is not a multiple of 2 MiB",
    ),
    "memory-beyond": (
        described(VCPUS, memory_property(4096 * MIB), KERNEL),
        r"memory: 0x100000000 bytes, of 0x7[0-9a-f]{7} only 0x6[0-9a-f]{7} are free",
    ),
    "memory-absurd": (
        described(VCPUS, memory_property(1 << 60), KERNEL),
        "memory: 0x1000000000000000 is more than 0x3fc0000000, the most that a VM can have here",
    ),
    "memory-missing": (described(VCPUS, KERNEL), "memory: is missing"),
    "kernel-missing": (described(VCPUS, MEMORY), "kernel: is missing"),
    "kernel-nowhere": (
        described(VCPUS, MEMORY, 'kernel = "nowhere"'),
        'kernel: file "nowhere" is not in the bundle',
    ),
    "kernel-x86": (
        described(VCPUS, MEMORY, KERNEL, vmlinuz=X86_ELF),
        "kernel: is an ELF for x86-64, not for arm64",
    ),
    "kernel-object": (
        described(VCPUS, MEMORY, KERNEL, vmlinuz=AARCH64_OBJECT),
        r"kernel: is an ELF, but no executable \(type 1\)",
    ),
    "kernel-bzimage": (
        described(VCPUS, MEMORY, KERNEL, vmlinuz=BZIMAGE),
        r"kernel: is an x86 Linux kernel \(bzImage\)",
    ),
    "kernel-big-endian": (
        described(VCPUS, MEMORY, KERNEL, vmlinuz=bytes(BIG_ENDIAN_IMAGE)),
        "kernel: is a big-endian Image",
    ),
    "kernel-empty": (
        described(VCPUS, MEMORY, KERNEL, vmlinuz=b""),
        'kernel: file "vmlinuz" is empty',
    ),
    "kernel-cut-gzip": (
        described(VCPUS, MEMORY, KERNEL, vmlinuz=b"\x1f\x8b\x08\0" + bytes(64)),
        "kernel: gzip data is cut off or damaged: 0 bytes cannot come of 68",
    ),
    "initrd-nowhere": (
        described(VCPUS, MEMORY, KERNEL, 'initrd = "nowhere"'),
        'initrd: file "nowhere" is not in the bundle',
    ),
    "firmware": (
        described(VCPUS, MEMORY, 'firmware = "nowhere"'),
        'firmware: file "nowhere" is not in the bundle',
    ),
    "secondary-boot": (
        described(VCPUS, MEMORY, KERNEL, 'secondary-boot = "parking"'),
        'secondary-boot: "parking" needs tables = "acpi"',
    ),
    "tables": (
        described(VCPUS, MEMORY, KERNEL, 'tables = "smbios"'),
        'tables: unknown value "smbios"',
    ),
    "coherency": (
        described(VCPUS, MEMORY, KERNEL, 'coherency = "sometimes"'),
        'coherency: unknown value "sometimes"',
    ),
    "disk": (
        described(VCPUS, MEMORY, KERNEL, 'disk@0 { image = "x"; }'),
        'disk@0: image: file "x" is not in the bundle',
    ),
    "dtb-garbage": (
        {"vm.dtb": b"not a devicetree"},
        r"vm\.dtb: is no valid devicetree \(FDT_ERR_TRUNCATED\)",
    ),
    "dtb-empty": ({"vm.dtb": b""}, 'vm.dtb: file "vm.dtb" is empty'),
    "dtb-huge": (
        {"vm.dtb": struct.pack(">10I", 0xD00DFEED, *[1 << 31] * 9)},
        r"vm\.dtb: is no valid devicetree \(FDT_ERR_BADVERSION\)",
    ),
    "bad name": (
        described(VCPUS, MEMORY, KERNEL),
        "folder: the name has characters other than letters, digits, '-', '_' and '.'",
    ),
}

NO_VM = 65
GOOD = ("good-before", "zzz-good-behind")
ONE_MACHINE = pytest.mark.xdist_group("bad_input")  # in one process, so that it boots once


@pytest.fixture(scope="module")
def transcript(boot_for_module, make_module_bundle):
    """One machine with every bad VM between two good ones, which run to their power-off."""
    good = {name: debian(name, vcpus=1) for name in GOOD}
    bad = {name: files for name, (files, _) in BAD.items()}
    machine = boot_for_module(make_module_bundle({**good, **bad}))
    assert machine.expect_exit(0, timeout=120) == "all VMs are off"
    return machine.console.transcript


@ONE_MACHINE
@pytest.mark.parametrize("name", BAD)
def test_bad_vm_is_refused_with_the_reason(transcript, name):
    lines = re.findall(rf'^plinth: VM "{name}": (.*)$', transcript, re.M)
    assert len(lines) == 1, lines
    assert re.fullmatch(BAD[name][1], lines[0])


@ONE_MACHINE
@pytest.mark.parametrize("name", GOOD)
def test_other_vms_start(transcript, name):
    assert re.search(report_of(name, 1), transcript)


def expect_no_vm(machine, complaint, reason="no VM in the bundle can start"):
    assert machine.expect_exit(NO_VM) == reason
    assert f"plinth: {complaint}" in machine.console.transcript


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"no archive at all\n" * 100, "bundle: is no cpio archive of format newc"),
        (b"\x1f\x8b" + bytes(100), "bundle: is compressed by gzip: give the cpio archive itself"),
        (b"070701" + b"zz" * 200, "bundle: has a malformed header at byte 0"),
    ],
    ids=["text", "gzip", "header"],
)
def test_bundle_is_no_cpio(boot, tmp_path, content, complaint):
    bundle = tmp_path / "bundle.cpio"
    bundle.write_bytes(content)
    expect_no_vm(boot(bundle), complaint)


def test_truncated_bundle_starts_what_is_whole(boot, make_bundle):
    bundle = make_bundle({name: debian(name, vcpus=1) for name in ("cut", "a-whole")})
    size = bundle.stat().st_size
    with open(bundle, "r+b") as stream:
        stream.truncate(size - (1 << 20))
    machine = boot(bundle)
    machine.expect(r"^plinth: bundle: is cut off: the entry at byte \d+ goes beyond its \d+ bytes")
    machine.expect_exit(0)
    text = machine.console.transcript
    assert 'plinth: VM "cut": kernel: file "vmlinuz" is not in the bundle' in text
    assert re.search(report_of("a-whole", 1), text)


def test_bundle_truncated_in_its_only_vm(boot, make_bundle):
    bundle = make_bundle({"one": debian("one")})
    with open(bundle, "r+b") as stream:
        stream.truncate(3 << 20)
    expect_no_vm(boot(bundle), "bundle: is cut off: the entry at byte ")


def test_bundle_has_no_vm(boot, tmp_path):
    bundle = tmp_path / "bundle.cpio"
    with open(bundle, "wb") as stream:
        vms.write_archive(stream, {"readme.txt": b"nothing here\n"})
    expect_no_vm(boot(bundle), "bundle: has no VM: no folder with a vm.dtb")


def test_no_bundle(boot):
    assert boot(None).expect_exit(NO_VM) == "no bundle"


def test_entered_at_el1(boot, make_bundle):
    machine = boot(make_bundle({"one": debian("one")}), el2=False)
    assert machine.expect_exit(69) == "no EL2"
    assert "plinth: no EL2: entered at EL1, where no hypervisor can run" in (
        machine.console.transcript
    )
