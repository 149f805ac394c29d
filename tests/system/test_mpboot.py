# SPDX-License-Identifier: Apache-2.0
"""mpboot.img with Debian's kernel as its next stage: which CPUs come up, by which protocol, and what
the devicetree that Linux was given says, as dtc reads it."""

import base64
import re
import subprocess

import pytest
from harness import shell
from harness.vms import INITRD, KERNEL
from plinth.arm64 import GUEST_ROOT
from plinth.paths import BUILD, MPBOOT, ROOT

TREES = ROOT / "boot" / "tests" / "data"
EIGHT_CPUS = TREES / "virt-gic3-max-8.dtb"
EXAMPLE_PEN = BUILD / "payload" / "example_pen.img"
EXAMPLE_WORDS = 0x4FFF0000  # tests/firmware/example_pen.S
EXAMPLE_NEXT = 0x50000000
SHELL = "console=ttyAMA0 quiet plinth.action=shell"
BOOT = 180  # seconds: Linux on several emulated CPUs


def next_files(target=None):
    files = {"kernel": KERNEL, "initrd": INITRD}
    return {"next": {**files, **({"target": target} if target else {})}}


def read_tree(blob):
    """The devicetree as text; dtc's complaints of a malformed one are errors."""
    done = subprocess.run(
        ["dtc", "-I", "dtb", "-O", "dts"], input=blob, capture_output=True, check=True
    )
    assert b"ERROR" not in done.stderr
    return done.stdout.decode()


def edited_tree(source, path, changes):
    text = read_tree(source.read_bytes())
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", path], input=text.encode(), check=True)
    return path


def tree_of_linux(machine):
    """The devicetree that Linux was started with, as text."""
    return read_tree(base64.b64decode(shell.ask(machine, "base64 /sys/firmware/fdt")))


def assert_up(machine, cpus):
    """Linux is at its prompt, with so many CPUs online and no PSCI in its devicetree."""
    machine.expect(rf"^plinth-guest: guest cpus={cpus} ", BOOT)
    shell.expect_prompt(machine, timeout=BOOT)
    online = "0" if cpus == 1 else f"0-{cpus - 1}"
    assert shell.ask(machine, "cat /sys/devices/system/cpu/online") == f"{online}\n"
    tree = tree_of_linux(machine)
    assert tree.count('enable-method = "spin-table"') == cpus
    assert tree.count("cpu-release-addr = ") == cpus
    assert "psci" not in tree
    return tree


@pytest.mark.parametrize(
    ("cpus", "el2"), [(1, True), (2, False), (8, True)], ids=["1-el2", "2-el1", "8-el2"]
)
def test_psci_becomes_spin_table(start, make_bundle, cpus, el2):
    """SMC at EL2, HVC at EL1."""
    machine = start(MPBOOT, make_bundle(next_files()), SHELL, cpus=cpus, el2=el2, memory_mib=1024)
    line = machine.expect(r"^plinth: mpboot: (\d) of (\d) CPUs, .* spin-table; .* EL(\d), ", BOOT)
    assert line.groups() == (str(cpus), str(cpus), "2" if el2 else "1")
    tree = assert_up(machine, cpus)
    reserved = re.search(r"/memreserve/\s+0x0*(\w+) 0x0*(\w+);", tree)
    for address in re.findall(r"cpu-release-addr = <(\w+) (\w+)>", tree):
        word = int(address[0], 16) << 32 | int(address[1], 16)
        base, size = (int(text, 16) for text in reserved.groups())
        assert base <= word < base + size
    assert f"pen@{reserved.group(1)}" in tree


def test_chain_of_spin_table_and_parking(start, make_bundle):
    """mpboot's next stage is mpboot, twice: PSCI to spin table, that to parking, that to spin table
    again, then Linux."""
    bundle = make_bundle(next_files(), "inner")
    for target in ("parking", "spin-table"):
        files = {"kernel": MPBOOT, "initrd": bundle, "target": f"{target}\n"}
        bundle = make_bundle({"next": files}, target)
    machine = start(MPBOOT, bundle, SHELL, cpus=4, memory_mib=1024)
    for target in ("spin-table", "parking", "spin-table"):
        machine.expect(rf"^plinth: mpboot: 4 of 4 CPUs, the others wait by {target}; ", BOOT)
    tree = assert_up(machine, 4)
    # All pens are kept: their CPUs have gone on, but a late one could still be in any.
    assert tree.count("pen@") == 3


def test_vendors_own_protocol_and_absent_cpus(start, make_bundle, tmp_path):
    """Three CPUs wait in the made-up vendor's pen; the tree names four more, which do not answer,
    are named, and are in no table."""
    method = f'"plinth,example-pen"; plinth,example-word = <0x0 {EXAMPLE_WORDS:#x}>'
    tree = edited_tree(
        EIGHT_CPUS,
        tmp_path / "example.dtb",
        [
            ('enable-method = "psci"', f"enable-method = {method}"),
            (
                "/dts-v1/;",
                f"/dts-v1/; /memreserve/ {EXAMPLE_WORDS:#x} 0x1000; "
                "/memreserve/ 0x40000000 0x400000;",
            ),
        ],
    )
    loader = f"loader,file={MPBOOT},addr={EXAMPLE_NEXT:#x},force-raw=on"
    machine = start(
        EXAMPLE_PEN,
        make_bundle(next_files()),
        SHELL,
        cpus=4,
        memory_mib=1024,
        extra=["-device", loader, "-dtb", str(tree)],
    )
    for cpu in range(4, 8):
        machine.expect(
            rf"^plinth: CPU {cpu} \(MPIDR 0x{cpu}\) is left out: it did not answer its "
            "plinth,example-pen mailbox in 500 ms$",
            BOOT,
        )
    machine.expect(r"^plinth: mpboot: 4 of 8 CPUs, ", BOOT)
    text = assert_up(machine, 4)
    assert "cpu@4" not in text
    assert "example" not in text


def test_spin_table_of_qemus_raspi3b(start, make_bundle, tmp_path):
    """A firmware that nobody here wrote: its own spin table is taken over. Debian's initramfs finds
    no console on that board; its kernel says how many CPUs it has."""
    (source,) = GUEST_ROOT.glob("usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb")
    tree = edited_tree(
        source, tmp_path / "pi.dtb", [('stdout-path = "serial1:', 'stdout-path = "serial0:')]
    )
    machine = start(
        MPBOOT,
        make_bundle(next_files()),
        "earlycon=pl011,0x3f201000",
        model="raspi3b",
        cpus=4,
        cpu="cortex-a53",
        memory_mib=1024,
        extra=["-dtb", str(tree)],
    )
    machine.expect(r"^plinth: mpboot: 4 of 4 CPUs, .* spin-table; .* EL2, ", BOOT)
    for cpu in range(1, 4):
        machine.expect(rf"CPU{cpu}: Booted secondary processor 0x000000000{cpu} ", BOOT)
    machine.expect(r"smp: Brought up 1 node, 4 CPUs$", BOOT)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"other": b"x"}, "no next/kernel in the bundle"),
        (
            {"kernel": b"\x1f\x8b" + bytes(100)},
            "next/kernel is no arm64 Image (one that is compressed has to be unpacked first)",
        ),
        (
            {"kernel": KERNEL, "target": "psci"},
            "next/target is neither spin-table nor parking",
        ),
    ],
    ids=["no-kernel", "compressed", "target"],
)
def test_bad_bundles_are_refused(start, make_bundle, files, reason):
    # Beside a VM's folder, so that a bundle without next/kernel can be packed at all.
    bundle = make_bundle({"next": files, "vm": {"vm.dts": "/dts-v1/; / { };"}})
    assert start(MPBOOT, bundle, memory_mib=1024).expect_exit(65) == reason
