# SPDX-License-Identifier: Apache-2.0
"""Debian guests under Plinth: up with all their CPUs, and down again with the right exit line."""

import pytest
from harness import vms
from harness.vms import MIB, debian, report_of

ALL_OFF = 0


def test_one_guest(boot, make_bundle):
    machine = boot(make_bundle({"one": debian("one", vcpus=1)}))
    machine.expect(report_of("one", 1))
    machine.expect_exit(ALL_OFF)


def test_two_guests_with_all_cpus(boot, make_bundle):
    bundle = make_bundle(
        {
            "debian1": debian("debian1", memory=512 * MIB),
            "debian2": debian("debian2", memory=512 * MIB, vmware=True),
        }
    )
    machine = boot(bundle)
    machine.expect_all([report_of("debian1", 2), report_of("debian2", 2)], timeout=120)
    machine.expect_exit(ALL_OFF)


def test_guest_memory_is_what_was_asked_for(boot, make_bundle):
    machine = boot(make_bundle({"one": debian("one", memory=512 * MIB)}))
    memory = int(machine.expect(report_of("one", 2)).group(1))
    assert 0.85 * 512 * 1024 < memory < 512 * 1024


def test_more_vcpus_than_cpus(boot, make_bundle):
    machine = boot(make_bundle({"wide": debian("wide", vcpus=8)}), cpus=2)
    machine.expect(report_of("wide", 8), timeout=120)
    machine.expect_exit(ALL_OFF)


@pytest.mark.parametrize("memory", [128, 1024, pytest.param(4096, marks=pytest.mark.long)])
def test_memory_sizes(boot, make_bundle, memory):
    bundle = make_bundle({"one": debian("one", vcpus=1, memory=memory * MIB)})
    machine = boot(bundle, memory_mib=memory + 1024)
    machine.expect(report_of("one", 1))
    machine.expect_exit(ALL_OFF)


@pytest.mark.parametrize("cpu", ["cortex-a57", "cortex-a72", "neoverse-n1", "max"])
def test_cpu_models(boot, make_bundle, cpu):
    machine = boot(make_bundle({"one": debian("one")}), cpu=cpu)
    machine.expect(report_of("one", 2))
    machine.expect_exit(ALL_OFF)


@pytest.mark.parametrize("cpus", [1, 8])
def test_gicv2_host(boot, make_bundle, cpus):
    machine = boot(make_bundle({"one": debian("one")}), gic=2, cpus=cpus)
    machine.expect(report_of("one", 2), timeout=120)
    machine.expect_exit(ALL_OFF)


def test_vmware_checkvm_says_yes(boot, make_bundle):
    machine = boot(make_bundle({"one": debian("one", vmware=True)}))
    machine.expect(r"one checkvm exit=0")
    machine.expect_exit(ALL_OFF)


def test_vmware_checkvm_says_no_without_the_property(boot, make_bundle):
    files = debian("one", bootargs="plinth.checkvm")
    files["initrd.gz"] = vms.INITRD_VMWARE
    machine = boot(make_bundle({"one": files}))
    machine.expect(r"one checkvm exit=1")


def test_shell_takes_input(boot, make_bundle):
    machine = boot(make_bundle({"one": debian("one", action="shell")}))
    machine.expect(r"one# ")
    machine.send("echo $((6 * 7))\n")
    machine.expect(r"\b42$")
    machine.send("/etc/plinth/poweroff\n")
    machine.expect_exit(ALL_OFF)


@pytest.mark.parametrize("count", [3, pytest.param(50, marks=pytest.mark.long)])
def test_reboots(boot, make_bundle, count):
    machine = boot(make_bundle({"one": debian("one", action="reboot")}))
    for _ in range(count):
        machine.expect(report_of("one", 2))
        machine.expect(r"one reboot")
    machine.expect(report_of("one", 2))


def test_cpus_go_off_and_on(boot, make_bundle):
    files = debian("one", vcpus=4, action="cpus,poweroff", bootargs="plinth.seconds=5")
    machine = boot(make_bundle({"one": files}))
    machine.expect(r"one cpus rounds=5 online=0-3", timeout=120)
    machine.expect_exit(ALL_OFF)


def test_stress_beside_a_second_guest(boot, make_bundle):
    arguments = {"action": "stress,poweroff", "bootargs": "plinth.seconds=5"}
    machine = boot(make_bundle({name: debian(name, **arguments) for name in ("one", "two")}))
    machine.expect_all([rf"{name} stress ok" for name in ("one", "two")], timeout=120)
    machine.expect_exit(ALL_OFF)


def test_sixteen_small_guests(boot, make_bundle):
    names = [f"small{index}" for index in range(16)]
    guests = {name: debian(name, vcpus=1, memory=128 * MIB) for name in names}
    machine = boot(make_bundle(guests), memory_mib=6144)
    machine.expect_all([report_of(name, 1) for name in names], timeout=300)
    machine.expect_exit(ALL_OFF, timeout=300)
