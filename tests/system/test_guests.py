# SPDX-License-Identifier: Apache-2.0
"""Debian guests under Plinth: up with all their CPUs, and down again with the right exit line."""

import pytest
from harness import vms
from harness.vms import MIB, debian, report_of

ALL_OFF = 0


def check_all_off(machine, timeout=60):
    assert machine.expect_exit(ALL_OFF, timeout) == "all VMs are off"


def test_two_guests_with_all_cpus_and_vmwares_greeting(boot, make_bundle):
    """Debian's own vmware-checkvm finds VMware's backdoor in the VM that has `vmware;` alone."""
    plain = debian("debian1", memory=512 * MIB, bootargs="plinth.checkvm")
    plain["initrd.gz"] = vms.INITRD_VMWARE
    vmware = debian("debian2", memory=512 * MIB, vmware=True)
    machine = boot(make_bundle({"debian1": plain, "debian2": vmware}))
    found = machine.expect_all(
        [
            report_of("debian1", 2),
            report_of("debian2", 2),
            r"debian1 checkvm exit=1 output=.*must be run inside a virtual machine",
            r"debian2 checkvm exit=0 output=VMware software version 6 \(good\)",
        ],
        timeout=120,
    )
    for report in found[:2]:
        assert 0.85 * 512 * 1024 < int(report.group(1)) < 512 * 1024
    check_all_off(machine)


def test_more_vcpus_than_cpus(boot, make_bundle):
    files = debian("wide", vcpus=8, action="stress,poweroff", bootargs="plinth.seconds=3")
    machine = boot(make_bundle({"wide": files}), cpus=2)
    machine.expect(report_of("wide", 8), timeout=120)
    machine.expect(r"wide stress ok rounds=(\d+ ){8}", timeout=120)
    check_all_off(machine)


def test_smallest_and_largest_memory(boot, make_bundle):
    guests = {
        f"mib{memory}": debian(f"mib{memory}", vcpus=1, memory=memory * MIB)
        for memory in (64, 4096)
    }
    machine = boot(make_bundle(guests), memory_mib=6144)
    machine.expect_all([report_of(name, 1) for name in guests], timeout=120)
    check_all_off(machine)


@pytest.mark.parametrize("cpu", ["cortex-a72", "neoverse-n1", "max"])  # a57 is everybody's
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


@pytest.mark.long
@pytest.mark.parametrize("cpus", [1, 3, 8, 64])
def test_host_cpus(boot, make_bundle, cpus):
    """Each with a guest of as many vCPUs, up to 8."""
    vcpus = min(cpus, 8)
    machine = boot(make_bundle({"one": debian("one", vcpus=vcpus)}), cpus=cpus, cpu="max")
    machine.expect(rf"^plinth: {cpus} of {cpus} CPUs, GICv3, ")
    machine.expect(report_of("one", vcpus), timeout=300)
    check_all_off(machine, timeout=120)


def test_one_guest_with_its_shell(boot, make_bundle):
    """Alone, its console is the terminal: no marks, and nothing of the monitor in between."""
    machine = boot(make_bundle({"one": debian("one", vcpus=1, action="shell")}))
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


def test_stress_beside_a_second_guest(boot, make_bundle):
    arguments = {"action": "stress,poweroff", "bootargs": "plinth.seconds=5"}
    machine = boot(make_bundle({name: debian(name, **arguments) for name in ("one", "two")}))
    machine.expect_all([rf"{name} stress ok" for name in ("one", "two")], timeout=120)
    check_all_off(machine)


def test_sixteen_small_guests(boot, make_bundle):
    names = [f"small{index}" for index in range(16)]
    guests = {name: debian(name, vcpus=1, memory=64 * MIB) for name in names}
    machine = boot(make_bundle(guests))
    machine.expect_all([report_of(name, 1) for name in names], timeout=300)
    check_all_off(machine, timeout=300)
