# SPDX-License-Identifier: Apache-2.0
"""Debian guests under Plinth: up with all their CPUs, and down again with the right exit line."""

import gzip

import pytest
from harness import vms
from harness.vms import MIB, debian, payload, report_of

ALL_OFF = 0
LONG = pytest.mark.long


def check_all_off(machine, timeout=60):
    assert machine.expect_exit(ALL_OFF, timeout) == "all VMs are off"


def test_more_vcpus_than_cpus(boot, make_bundle):
    """Ten on two, all of them at work."""
    vcpus = {"wide": 8, "beside": 2}
    guests = {
        name: debian(name, vcpus=count, action="stress,poweroff", bootargs="plinth.seconds=3")
        for name, count in vcpus.items()
    }
    machine = boot(make_bundle(guests), cpus=2)
    reports = [report_of(name, count) for name, count in vcpus.items()]
    rounds = [rf"{name} stress ok rounds=(\d+ ){{{count}}}" for name, count in vcpus.items()]
    machine.expect_all([*reports, *rounds], timeout=120)
    check_all_off(machine)


def test_packed_kernel(boot, make_bundle):
    packed = gzip.compress(vms.KERNEL.read_bytes(), 6, mtime=0)
    machine = boot(make_bundle({"packed": {**debian("packed"), "vmlinuz": packed}}))
    machine.expect(report_of("packed", 2), timeout=120)
    check_all_off(machine)


def test_smallest_and_largest_memory(boot, make_bundle):
    guests = {
        f"mib{memory}": debian(f"mib{memory}", vcpus=1, memory=memory * MIB)
        for memory in (64, 4096)
    }
    machine = boot(make_bundle(guests), memory_mib=6144)
    machine.expect_all([report_of(name, 1) for name in guests], timeout=120)
    check_all_off(machine)


@pytest.mark.parametrize(
    "cpu",  # cortex-a57 is everybody's
    ["cortex-a72", "neoverse-n1", "max", pytest.param("max,pauth-impdef=off", marks=LONG)],
)
def test_cpu_models(boot, make_bundle, cpu):
    machine = boot(make_bundle({"one": debian("one")}), cpu=cpu)
    machine.expect(report_of("one", 2))
    check_all_off(machine)


@pytest.mark.parametrize("cpus", [1, 8])
def test_gicv2_host(boot, make_bundle, cpus):
    machine = boot(make_bundle({"one": debian("one")}), gic=2, cpus=cpus)
    machine.expect(rf"^plinth: {cpus} of {cpus} CPUs, GICv2, ")
    machine.expect(report_of("one", 2), timeout=120)
    check_all_off(machine)


@LONG
@pytest.mark.parametrize("cpus", [1, 3, 8, 64])
def test_host_cpus(boot, make_bundle, cpus):
    """Each with a guest of as many vCPUs, up to 8."""
    vcpus = min(cpus, 8)
    machine = boot(make_bundle({"one": debian("one", vcpus=vcpus)}), cpus=cpus, cpu="max")
    machine.expect(rf"^plinth: {cpus} of {cpus} CPUs, GICv3, ")
    machine.expect(report_of("one", vcpus), timeout=300)
    check_all_off(machine, timeout=120)


def test_one_guest_with_its_shell(boot, make_bundle):
    """Alone, its console is the terminal: no marks, and nothing of the monitor in between. Without
    `vmware;` Debian's vmware-checkvm finds no VMware."""
    files = debian("one", vcpus=1, action="shell", bootargs="plinth.checkvm")
    machine = boot(make_bundle({"one": {**files, "initrd.gz": vms.INITRD_VMWARE}}))
    machine.expect(r"one checkvm exit=1 output=.*must be run inside a virtual machine")
    machine.expect(r"^plinth-guest: one shell\n")
    machine.expect(r"^one# ")
    machine.send("echo $((6 * 7))\n")
    machine.expect(r"^42$")
    machine.send("/etc/plinth/poweroff\n")
    check_all_off(machine)
    assert "plinth> " not in machine.console.transcript


def test_cpus_go_off_and_on(boot, make_bundle):
    files = debian("one", vcpus=4, action="cpus,poweroff", bootargs="plinth.seconds=5")
    machine = boot(make_bundle({"one": files}))
    machine.expect(r"one cpus rounds=5 online=0-3", timeout=120)
    check_all_off(machine)


@pytest.mark.parametrize("debians", [2, pytest.param(16, marks=LONG)])
def test_sixteen_small_guests(boot, make_bundle, debians):
    """Debian guests, and for the rest programs that check their own device accesses."""
    names = [f"small{index}" for index in range(16)]
    guests = {name: debian(name, vcpus=1, memory=64 * MIB) for name in names[:debians]}
    guests |= {name: payload("mmio_forms") for name in names[debians:]}
    machine = boot(make_bundle(guests))
    passed = [rf"^{name}\| payload: \d+ checks, 0 failed$" for name in names[debians:]]
    machine.expect_all([*(report_of(name, 1) for name in names[:debians]), *passed], timeout=300)
    check_all_off(machine, timeout=300)
    assert "FAIL" not in machine.console.transcript
