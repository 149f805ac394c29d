# SPDX-License-Identifier: Apache-2.0
"""Bad input: Plinth says what is wrong, in which VM and where, and starts the other VMs."""

import struct

import pytest
from harness import vms
from harness.machine import EXIT_LINE
from harness.vms import MIB, debian, memory_property, report_of, vm_dts

VCPUS = "vcpus = <1>"
MEMORY = memory_property(128 * MIB)
KERNEL = 'kernel = "vmlinuz"'
X86_ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(4096)

# Root properties of the VM named "bad", and a word that its complaint must have.
BAD_PROPERTIES = {
    "unknown-property": ([VCPUS, MEMORY, KERNEL, "frobnicate"], "frobnicate"),
    "no-vcpus": (["vcpus = <0>", MEMORY, KERNEL], "vcpus"),
    "1000-vcpus": (["vcpus = <1000>", MEMORY, KERNEL], "vcpus"),
    "vcpus-as-text": (['vcpus = "two"', MEMORY, KERNEL], "vcpus"),
    "no-memory": ([VCPUS, memory_property(0), KERNEL], "memory"),
    "unaligned-memory": ([VCPUS, memory_property(128 * MIB + 1), KERNEL], "memory"),
    "too-much-memory": ([VCPUS, memory_property(1 << 40), KERNEL], "memory"),
    "memory-missing": ([VCPUS, KERNEL], "memory"),
    "kernel-missing": ([VCPUS, MEMORY, 'kernel = "nowhere"'], "nowhere"),
    "initrd-missing": ([VCPUS, MEMORY, KERNEL, 'initrd = "nowhere"'], "nowhere"),
    "firmware": ([VCPUS, MEMORY, 'firmware = "uefi"'], "firmware"),
    "parking": ([VCPUS, MEMORY, KERNEL, 'secondary-boot = "parking"'], "secondary-boot"),
    "acpi": ([VCPUS, MEMORY, KERNEL, 'tables = "acpi"'], "tables"),
    "disk": ([VCPUS, MEMORY, KERNEL, 'disk@0 { image = "x"; }'], "disk"),
}

# Other content of the folder "bad".
BAD_FILES = {
    "no-devicetree": ({"vm.dtb": b"not a devicetree"}, "vm.dtb"),
    "empty-devicetree": ({"vm.dtb": b""}, "vm.dtb"),
    "huge-devicetree-size": ({"vm.dtb": struct.pack(">10I", 0xD00DFEED, *[1 << 31] * 9)}, "vm.dtb"),
    "x86-kernel": ({"vm.dts": vm_dts([VCPUS, MEMORY, KERNEL]), "vmlinuz": X86_ELF}, "kernel"),
    "empty-kernel": ({"vm.dts": vm_dts([VCPUS, MEMORY, KERNEL]), "vmlinuz": b""}, "kernel"),
}


def check_refusal(boot, make_bundle, bad, word):
    machine = boot(make_bundle({"bad": bad, "good": debian("good", vcpus=1)}))
    machine.expect_all([rf"\bbad\b.*{word}", report_of("good", 1)])
    machine.expect(EXIT_LINE)


@pytest.mark.parametrize("case", BAD_PROPERTIES)
def test_bad_property(boot, make_bundle, case):
    properties, word = BAD_PROPERTIES[case]
    bad = {"vm.dts": vm_dts(properties), "vmlinuz": vms.KERNEL}
    check_refusal(boot, make_bundle, bad, word)


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_file(boot, make_bundle, case):
    check_refusal(boot, make_bundle, *BAD_FILES[case])


def end_line_of(machine):
    machine.wait()
    return machine.console.transcript.splitlines()[-1]


@pytest.mark.parametrize("content", [b"no archive at all\n" * 100, b"070701" + b"zz" * 200])
def test_bundle_is_no_cpio(boot, tmp_path, content):
    bundle = tmp_path / "bundle.cpio"
    bundle.write_bytes(content)
    machine = boot(bundle)
    machine.expect(r"plinth: .*bundle")
    assert not end_line_of(machine).startswith("plinth: exit 0 ")


def test_bundle_is_truncated(boot, make_bundle):
    bundle = make_bundle({"one": debian("one")})
    bundle.write_bytes(bundle.read_bytes()[: 3 << 20])
    machine = boot(bundle)
    machine.expect(r"plinth: .*(bundle|truncated)")
    assert not end_line_of(machine).startswith("plinth: exit 0 ")


def test_bundle_has_no_vm(boot, tmp_path):
    bundle = tmp_path / "bundle.cpio"
    with open(bundle, "wb") as stream:
        vms.write_archive(stream, {"readme.txt": b"nothing here\n"})
    machine = boot(bundle)
    machine.expect(r"plinth: .*no VM")
    assert not end_line_of(machine).startswith("plinth: exit 0 ")


def test_no_bundle(boot):
    machine = boot(None)
    machine.expect(r"plinth: .*bundle")
    assert not end_line_of(machine).startswith("plinth: exit 0 ")


def test_entered_at_el1(boot, make_bundle):
    machine = boot(make_bundle({"one": debian("one")}), el2=False)
    machine.expect(r"no EL2")
