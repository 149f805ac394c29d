# SPDX-License-Identifier: Apache-2.0
"""boot alone, with boot/tests/core in the core's place: it checks the state that
docs/boot-contract.md promises, prints boot_info, and calls every CPU out of the pen."""

import re
import subprocess

import pytest
from harness.vms import MIB, memory_property, vm_dts
from plinth.paths import BUILD, ROOT

BOOT_TEST = BUILD / "gcc" / "boot_test.img"
TREES = ROOT / "boot" / "tests" / "data"
FLAT = bytes(4096)


@pytest.fixture
def one_vm(make_bundle):
    properties = ["vcpus = <1>", memory_property(16 * MIB), 'kernel = "flat"']
    return make_bundle({"one": {"vm.dts": vm_dts(properties), "flat": FLAT}})


def lines_of(machine):
    """What the test core printed; none of its checks may have failed."""
    assert machine.expect_exit(0) == "test core"
    text = machine.console.transcript
    assert "CHECK" not in text
    return text


@pytest.mark.parametrize(
    "board",
    [
        {"cpus": 1, "memory_mib": 256},
        {"cpus": 2, "memory_mib": 2048, "cpu": "cortex-a72"},
        {"cpus": 8, "memory_mib": 8192, "cpu": "max"},
        {"cpus": 4, "memory_mib": 1024, "cpu": "neoverse-n1"},
        {"cpus": 64, "memory_mib": 1024, "cpu": "max"},
        {"cpus": 1, "memory_mib": 512, "gic": 2},
        {"cpus": 8, "memory_mib": 512, "gic": 2},
    ],
    ids=lambda board: "-".join(f"{name}{value}" for name, value in board.items()),
)
def test_every_cpu_and_all_memory(start, one_vm, board):
    text = lines_of(start(BOOT_TEST, initrd=one_vm, append="log=debug", **board))
    cpus, gic = board["cpus"], board.get("gic", 3)
    assert f"plinth: {cpus} of {cpus} CPUs, GICv{gic}, PSCI 1.1, " in text
    called = re.findall(r"cpu (\d+) mpidr \S+ gicv2 (\d+) called", text)
    assert [int(cpu) for cpu, _ in called] == list(range(1, cpus))
    assert [int(number) for _, number in called] == [i if gic == 2 else 0 for i in range(1, cpus)]
    memory = re.findall(r"mem (0x\w+) (0x\w+) (\w+)", text)
    assert sum(int(size, 16) for _, size, _ in memory) == board["memory_mib"] * MIB
    assert int(memory[0][0], 16) == 0x40000000
    assert {kind for _, _, kind in memory} == {"free", "core", "boot", "image", "pen"}
    assert 'cmdline "log=debug"' in text
    assert "vm one: 1 vCPUs, 16 MiB" in text


def test_under_icount(start, one_vm):
    lines_of(start(BOOT_TEST, initrd=one_vm, cpus=2, memory_mib=512, icount=True))


def test_without_el2(start, one_vm):
    machine = start(BOOT_TEST, initrd=one_vm, el2=False)
    assert machine.expect_exit(69) == "no EL2"
    assert "plinth: no EL2: entered at EL1" in machine.console.transcript


def test_without_a_bundle(start):
    machine = start(BOOT_TEST)
    assert machine.expect_exit(65) == "no bundle"


def test_what_is_no_bundle(start, tmp_path):
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b"no archive" * 1000)
    machine = start(BOOT_TEST, initrd=garbage)
    assert machine.expect_exit(65) == "no VM in the bundle can start"
    assert "bundle:" in machine.console.transcript


def edited_tree(tmp_path, name, old, new):
    """The devicetree `name` of boot/tests/data with one text replaced by another."""
    source = subprocess.run(
        ["dtc", "-q", "-I", "dtb", "-O", "dts", TREES / name], capture_output=True, check=True
    ).stdout.decode()
    assert old in source
    tree = tmp_path / "edited.dtb"
    subprocess.run(
        ["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", tree],
        input=source.replace(old, new).encode(),
        check=True,
    )
    return tree


def test_cpus_that_do_not_start_are_left_out(start, one_vm):
    """The devicetree has eight CPUs, the machine two."""
    tree = TREES / "virt-gic3-max-8.dtb"
    text = lines_of(start(BOOT_TEST, initrd=one_vm, cpus=2, extra=["-dtb", str(tree)]))
    left_out = re.findall(r"CPU (\d) \(MPIDR 0x\d\) is left out: the firmware refuses", text)
    assert left_out == list("234567")
    assert "plinth: 2 of 8 CPUs" in text


# RAM of that tree: 256 MiB from 0x40000000. Its end is where boot itself would allocate first.
@pytest.mark.parametrize("place", ["word", "last", "page"])
def test_a_bundle_lies_anywhere(start, one_vm, tmp_path, place):
    """Where a boot loader has put it, in the middle of a page or at the end of RAM: it is found, and
    stays as it is."""
    size = one_vm.stat().st_size
    base = {
        "word": 0x46000004,
        "last": 0x50000000 - (size + 3) // 4 * 4,
        "page": 0x4ABCD000,
    }[place]
    chosen = f"chosen {{ linux,initrd-start = <0 {base:#x}>; linux,initrd-end = <0 {base + size:#x}>;"
    tree = edited_tree(tmp_path, "virt-gic3-a57-1.dtb", "chosen {", chosen)
    put = f"loader,file={one_vm},addr={base:#x},force-raw=on"
    extra = ["-dtb", str(tree), "-device", put]
    text = lines_of(start(BOOT_TEST, cpus=1, memory_mib=256, extra=extra))
    assert "vm one: 1 vCPUs, 16 MiB" in text
    kinds = {int(at, 16): kind for at, _, kind in re.findall(r"mem (0x\w+) (0x\w+) (\w+)", text)}
    page = base // 4096 * 4096
    assert kinds[max(at for at in kinds if at <= page)] == "image"


def test_unknown_enable_method(start, one_vm, tmp_path):
    old, new = 'enable-method = "psci"', 'enable-method = "vendor,own"'
    tree = edited_tree(tmp_path, "virt-gic3-max-8.dtb", old, new)
    text = lines_of(start(BOOT_TEST, initrd=one_vm, cpus=8, extra=["-dtb", str(tree)]))
    assert "plinth: 1 of 8 CPUs" in text
    assert text.count("its enable-method is none that boot knows") == 7


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('compatible = "arm,gic-v3"', 'compatible = "x,gic"', "no GICv2 or GICv3"),
        ("arm,armv8-timer", "x,timer", "timer interrupt"),
    ],
)
def test_missing_devices_are_named(start, one_vm, tmp_path, old, new, reason):
    tree = edited_tree(tmp_path, "virt-gic3-a57-1.dtb", old, new)
    machine = start(BOOT_TEST, initrd=one_vm, cpus=1, extra=["-dtb", str(tree)])
    assert reason in machine.expect_exit(69)
