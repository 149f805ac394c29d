# SPDX-License-Identifier: Apache-2.0
"""Guests whose CPUs wait in mailboxes, and guests with ACPI: Debian finds all of its CPUs the way
that vm.dts says, and iasl finds no fault with the tables."""

import hashlib
import re
import struct
import subprocess
import time

import pytest
from harness.monitor import ask, go_to_monitor
from harness.vms import MIB, debian, memory_property, report_of, vm_dts, write_bundle
from plinth import build
from plinth.paths import BUILD, ROOT

MACHINE_DTB = ROOT / "boot" / "tests" / "data" / "virt-gic3-a57-1.dtb"

ALL_OFF = 0
CRASHED = 1
ESCAPE = "\x14"  # Ctrl-T
SPIN_TABLE = ['secondary-boot = "spin-table"']
ACPI = ['tables = "acpi"']
PARKING = ['secondary-boot = "parking"', *ACPI]

TABLES = ("apic", "dsdt", "facp", "gtdt", "spcr")
PEN_BLOCK = 0x10000  # what the pen, and what the tables take of the end of RAM
RAM = 0x40000000
SPIN_HZ = 64  # loader/guest_pen/src/pen.S
WAIT_FOREVER = struct.pack("<2I", 0xD503207F, 0x17FFFFFF)  # wfi; b back to it


ONE_BUILD = pytest.mark.xdist_group("plinth_check")


@pytest.fixture(scope="module")
def plinth_check():
    build.build_preset("host", targets=("plinth-check",))
    return BUILD / "host" / "loader" / "plinth-check"


def guest(name, vcpus, properties):
    return debian(name, vcpus=vcpus, memory=128 * MIB, action="tables,shell", extra=properties)


def stop_all(machine, names):
    """By the monitor: with the parking protocol there is no PSCI to power off with."""
    machine.send(f"{ESCAPE}m")
    machine.expect(r"^plinth> ")
    for name in names:
        machine.send(f"vm stop {name}\n")
        machine.expect(rf"^plinth: vm {name}: off$")
    assert machine.expect_exit(ALL_OFF) == "all VMs are off"


def check_cpus(boot, make_bundle, guests, timeout=240, **board):
    """guests: name -> (vCPUs, properties, what its kernel tells of how it was started)."""
    machines = {name: guest(name, cpus, extra) for name, (cpus, extra, _) in guests.items()}
    machine = boot(make_bundle(machines), memory_mib=2048, **board)
    wanted = [report_of(name, cpus) for name, (cpus, _, _) in guests.items()]
    wanted += [
        rf"{name} tables online=0(-{cpus - 1})? {told}" for name, (cpus, _, told) in guests.items()
    ]
    machine.expect_all(wanted, timeout)
    stop_all(machine, guests)


BY_ACPI = "acpi=APIC DSDT FACP GTDT SPCR "
TOLD = {
    "acpi": (ACPI, rf"method=psci psci=1 {BY_ACPI}"),
    "parking": (PARKING, rf"method=parking-protocol psci=0 {BY_ACPI}"),
    "spin": (SPIN_TABLE, r"method=spin-table psci=1 acpi= "),
}


def each_way(counts):
    return {f"{name}{count}": (count, *TOLD[name]) for name, count in counts.items()}


@pytest.mark.parametrize("way", ["parking", "spin", pytest.param("acpi", marks=pytest.mark.long)])
def test_eight_cpus(boot, make_bundle, way):
    check_cpus(boot, make_bundle, each_way({way: 8}))


def test_one_and_two_cpus(boot, make_bundle):
    check_cpus(boot, make_bundle, each_way({"acpi": 2, "parking": 2, "spin": 1}), gic=2)


def pen_exits(machine, name):
    """Of the vCPUs that wait: how often WFI has made each leave its guest."""
    text = ask(machine, f"vm info {name}")
    return [int(count) for count in re.findall(r"vcpu [1-9]: .* wfx (\d+) ", text)]


def test_who_waits_in_the_pen_sleeps(boot, make_bundle):
    """Seven vCPUs of each VM, whom nobody calls. A mailbox is looked at when an SGI comes, a spin
    table's word 64 times a second."""
    machines = {
        name: {
            "vm.dts": vm_dts(
                ["vcpus = <8>", memory_property(64 * MIB), 'kernel = "flat"', *properties]
            ),
            "flat": WAIT_FOREVER.ljust(4096, b"\0"),
        }
        for name, properties in {"spin": SPIN_TABLE, "parking": PARKING}.items()
    }
    machine = boot(make_bundle(machines))
    machine.expect(r"^plinth: entropy: ")
    go_to_monitor(machine)
    while min(pen_exits(machine, "spin") + pen_exits(machine, "parking")) == 0:
        time.sleep(0.2)
    began = time.monotonic()
    spin, parking = pen_exits(machine, "spin"), pen_exits(machine, "parking")
    time.sleep(2)
    looks = [after - before for before, after in zip(spin, pen_exits(machine, "spin"), strict=True)]
    assert len(looks) == 7
    assert max(looks) <= SPIN_HZ * (time.monotonic() - began) + 1
    assert pen_exits(machine, "parking") == parking == [1] * 7
    assert "vcpu 7: blocked" in ask(machine, "vm info parking")


@pytest.mark.long
@pytest.mark.parametrize("gic", [2, 3])
@pytest.mark.parametrize("count", [1, 2, 8])
@pytest.mark.parametrize("way", TOLD)
def test_every_number_each_way(boot, make_bundle, way, gic, count):
    """One guest at a time: three of 8 vCPUs each are more than QEMU on two CPUs has time for. 8 need
    more than the time between two ticks of theirs on a busy machine; by counted instructions they
    get what a tick needs."""
    check_cpus(boot, make_bundle, each_way({way: count}), cpus=4, gic=gic, icount=count == 8)


def run_iasl(folder, *arguments):
    result = subprocess.run(
        ["iasl", *arguments], cwd=folder, capture_output=True, text=True, timeout=60
    )
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    return text


def dump(plinth_check, bundle, folder, name, *options):
    folder.mkdir()
    subprocess.run([plinth_check, *options, "--acpi", name, folder, bundle], check=True)
    return folder


def check_by_iasl(folder, tables):
    """Each table, taken apart and put together again, is free of errors and warnings."""
    assert sorted(path.stem for path in folder.iterdir()) == sorted((*tables, "xsdt"))
    for table in tables:
        said = run_iasl(folder, "-d", f"{table}.dat")
        assert not re.search(r"(?i)\b(error|warning|invalid)\b", said), said
        said = run_iasl(folder, "-p", f"{table}-again", f"{table}.dsl")
        assert "0 Errors, 0 Warnings, 0 Remarks" in said, said


@ONE_BUILD
@pytest.mark.parametrize("gic", [2, 3])
def test_iasl_finds_no_fault(tmp_path, plinth_check, gic):
    counts = (1, 2, 8) if gic == 2 else (1, 2, 8, 123)
    machines = {
        f"{name}{count}": guest(f"{name}{count}", count, TOLD[name][0])
        for name in ("acpi", "parking")
        for count in counts
    }
    bundle = write_bundle(tmp_path / "vms", machines, tmp_path / "bundle.cpio")
    for name in machines:
        folder = dump(plinth_check, bundle, tmp_path / name, name, "--gic", str(gic))
        check_by_iasl(folder, TABLES)


@ONE_BUILD
@pytest.mark.parametrize("count", [1, 8])
def test_iasl_finds_no_fault_with_disks(tmp_path, plinth_check, count):
    disks = [f"disk@{i} {{ size = <0x200000>; }}" for i in range(count)]
    machines = {"disks": guest("disks", 1, [*ACPI, *disks])}
    bundle = write_bundle(tmp_path / "vms", machines, tmp_path / "bundle.cpio")
    folder = dump(plinth_check, bundle, tmp_path / "tables", "disks")
    check_by_iasl(folder, (*TABLES, "nfit"))


@ONE_BUILD
def test_guest_sees_the_same_tables(boot, make_bundle, tmp_path, plinth_check):
    """So what iasl says of plinth-check's files holds for what Linux found."""
    files = debian("acpi", memory=128 * MIB, action="acpisum,poweroff", extra=ACPI)
    bundle = make_bundle({"acpi": files})
    machine = boot(bundle)
    folder = dump(plinth_check, bundle, tmp_path / "tables", "acpi")
    for table in TABLES:
        found = machine.expect(rf"acpisum {table.upper()} ([0-9a-f]{{64}})", timeout=120)
        mine = hashlib.sha256((folder / f"{table}.dat").read_bytes()).hexdigest()
        assert found.group(1) == mine, table
    assert machine.expect_exit(ALL_OFF) == "all VMs are off"


@pytest.mark.parametrize("protocol", ["spin-table", "parking"])
def test_nonsense_in_mailboxes_stays_in_its_vm(boot, make_bundle, protocol):
    """The pen does what its protocol says; led astray, its vCPUs harm their own VM alone."""
    memory = 64 * MIB
    is_parking = protocol == "parking"
    pen = RAM + memory - PEN_BLOCK * (2 if is_parking else 1)
    evil = {
        "vm.dts": vm_dts(
            [
                "vcpus = <8>",
                memory_property(memory),
                'kernel = "payload.elf"',
                f'bootargs = "pen={pen:#x} parking={int(is_parking)}"',
                *(PARKING if is_parking else SPIN_TABLE),
            ]
        ),
        "payload.elf": BUILD / "payload" / "mailbox.elf",
    }
    good = debian("good", vcpus=1, memory=64 * MIB)
    machine = boot(make_bundle({"evil": evil, "good": good}))
    told = [
        r"PASS: PSCI does not offer what waits in the pen",
        r"PASS: a released vCPU comes",
        r"PASS: as the protocol has it",
        r"PASS: and has taken the address",
        r"^plinth: vm evil: crashed: vcpu \d jumped to nowhere",
        report_of("good", 1),
    ]
    machine.expect_all(told, timeout=120)
    assert machine.expect_exit(CRASHED) == "a VM crashed"
    assert "FAIL:" not in machine.console.transcript


@ONE_BUILD
def test_check_judges_assigned_devices(tmp_path, plinth_check):
    """By the machine's devicetree: a page of transports, and what is Plinth's own or not there."""
    paths = {"good": "/virtio_mmio@a003e00", "uart": "/pl011@9000000", "none": "/nothing@1000"}
    machines = {
        name: guest(name, 1, ["memory-direct", f'assign = "{path}"'])
        for name, path in paths.items()
    }
    bundle = write_bundle(tmp_path / "vms", machines, tmp_path / "bundle.cpio")
    command = [plinth_check, "--machine", MACHINE_DTB, bundle]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1, result.stderr
    assert re.findall(r'^VM "(\w+)"', result.stdout, re.M) == ["good"]
    said = sorted(result.stderr.splitlines())
    assert len(said) == 2, said
    assert 'VM "none": assign: "/nothing@1000" is not' in said[0]
    assert 'VM "uart": assign: "/pl011@9000000" ' in said[1]
    # Without it none of them is known.
    result = subprocess.run([plinth_check, bundle], capture_output=True, text=True, timeout=60)
    assert result.returncode == 2 and len(result.stderr.splitlines()) >= 3, result.stderr
