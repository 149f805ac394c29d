# SPDX-License-Identifier: Apache-2.0
"""Who gets how much of which CPU, as guests that never wait count it. Under -icount an instruction
takes a nanosecond of the machine's time, so the load of the machine that tests does not matter."""

import re

import pytest
from harness.monitor import ask, go_to_monitor
from harness.vms import MIB, memory_property, vm_dts
from plinth.paths import BUILD

BUSY = BUILD / "payload" / "busy.elf"
ALL_OFF = 0
BOARD = {"memory_mib": 256, "icount": True}


def busy(ms, *properties):
    """A VM that counts for `ms` how often it goes round."""
    lines = ["vcpus = <1>", memory_property(16 * MIB), 'kernel = "payload.elf"', *properties]
    return {"vm.dts": vm_dts([*lines, f'bootargs = "ms={ms}"']), "payload.elf": BUSY}


def shares(machine):
    """{VM: part of all CPUs' time} when all of them are off. QEMU gives the CPUs one clock between
    them, which each instruction of any of them moves on."""
    assert machine.expect_exit(ALL_OFF, timeout=120) == "all VMs are off"
    found = re.findall(
        r"^(\w+)\| busy: (\d+) rounds of (\d+) in (\d+) ms$", machine.console.transcript, re.M
    )
    return {name: int(rounds) * int(size) / (int(ms) * 1e6) for name, rounds, size, ms in found}


def near(expected):
    return pytest.approx(expected, rel=0.05)


def test_weights(boot, make_bundle):
    guests = {
        "light": busy(300, "weight = <100>"),
        "heavy": busy(300, "weight = <300>"),
        "default": busy(300),
    }
    machine = boot(make_bundle(guests), cpus=1, **BOARD)
    assert shares(machine) == near({"light": 0.2, "heavy": 0.6, "default": 0.2})


def test_three_on_two_cpus(boot, make_bundle):
    guests = {name: busy(200) for name in ("one", "two", "three")}
    machine = boot(make_bundle(guests), cpus=2, **BOARD)
    assert shares(machine) == near(dict.fromkeys(guests, 1 / 3))


def test_affinity(boot, make_bundle):
    """Two are bound to the second CPU and share it; the third has the idle one to itself."""
    guests = {
        "left": busy(300, "affinity = <1>"),
        "right": busy(300, "affinity = <1>"),
        "free": busy(300),
    }
    machine = boot(make_bundle(guests), cpus=2, **BOARD)
    machine.expect(r"^plinth: entropy")
    go_to_monitor(machine)
    ask(machine, "trace on")
    for name, cpu in {"left": 1, "right": 1, "free": 0}.items():
        assert f" on CPU {cpu}, " in ask(machine, f"vm info {name}")
    machine.expect(r"busy: ")
    used = cpus_used(ask(machine, "trace dump 256"), machine.console.transcript)
    assert used["left"] == used["right"] == {1}
    assert used["free"] <= {0}  # alone there, it may have had no exit
    assert shares(machine) == near({"left": 0.25, "right": 0.25, "free": 0.5})


def cpus_used(trace, transcript):
    """{VM: the CPUs that it ran on}, as the records of a trace have them."""
    names = re.findall(r"^plinth: vm (\w+): \d+ vCPUs", transcript, re.M)
    used = {name: set() for name in names}
    for cpu, number in re.findall(r"^ *\d+\.\d+ cpu(\d+) +\w+ +(\d+)\.\d+ ", trace, re.M):
        used[names[int(number)]].add(int(cpu))
    return used
