# SPDX-License-Identifier: Apache-2.0
"""Who gets how much of which CPU, as guests that never wait count it. Under -icount an instruction
takes a nanosecond of the machine's time, so the load of the machine that tests does not matter."""

import re

import pytest
from harness.el2 import El2
from harness.vms import MIB, memory_property, vm_dts
from plinth.paths import BUILD

BUSY = BUILD / "payload" / "busy.elf"
FLOOD = BUILD / "payload" / "flood.elf"
ALL_OFF = 0
BOARD = {"memory_mib": 256, "icount": True}
COUNTED = r"^(\w+)\| busy: (\d+) rounds of (\d+) in (\d+) ms$"


def busy(ms, *properties):
    """A VM that counts for `ms` how often it goes round."""
    lines = ["vcpus = <1>", memory_property(16 * MIB), 'kernel = "payload.elf"', *properties]
    return {"vm.dts": vm_dts([*lines, f'bootargs = "ms={ms}"']), "payload.elf": BUSY}


def shares(machine):
    """{VM: part of all CPUs' time} that they have counted. QEMU gives the CPUs one clock between
    them, which each instruction of any of them moves on."""
    found = re.findall(COUNTED, machine.console.transcript, re.M)
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
    assert machine.expect_exit(ALL_OFF, timeout=120) == "all VMs are off"
    assert shares(machine) == near({"light": 0.2, "heavy": 0.6, "default": 0.2})


@pytest.mark.parametrize("kind", (0, 1, 2), ids=("values", "balloon", "log"))
def test_a_flood_of_calls_costs_its_guest_alone(boot, make_bundle, kind):
    """What Plinth does for calls of the backdoor is time of the guest that calls."""
    lines = ["vcpus = <1>", memory_property(16 * MIB), 'kernel = "payload.elf"', "vmware"]
    files = {"vm.dts": vm_dts([*lines, f'bootargs = "ms=500 kind={kind}"']), "payload.elf": FLOOD}
    machine = boot(make_bundle({"flood": files, "busy": busy(200)}), cpus=1, **BOARD)
    assert machine.expect_exit(ALL_OFF, timeout=120) == "all VMs are off"
    text = machine.console.transcript
    assert "PASS: each was served" in text and "FAIL" not in text, text
    assert shares(machine) == near({"busy": 1 / 2})


def test_three_on_two_cpus(boot, make_bundle):
    guests = {name: busy(200) for name in ("one", "two", "three")}
    machine = boot(make_bundle(guests), cpus=2, **BOARD)
    assert machine.expect_exit(ALL_OFF, timeout=120) == "all VMs are off"
    assert shares(machine) == near(dict.fromkeys(guests, 1 / 3))


def bound_and_free(ms):
    """Two are bound to the second CPU and share it; the third has the idle one to itself."""
    bound = "affinity = <1>"
    return {"left": busy(ms, bound), "right": busy(ms, bound), "free": busy(ms)}


def test_affinity(boot, make_bundle):
    """Two that share a CPU are level but for a few ticks after every second turn; where the one
    that runs is level or behind, it keeps the CPU for one turn more. So whoever looks at a window
    finds a turn too few or too many in it, whatever its length: 19 of 20 in 200 ms (what moved when
    the console's way became shorter, and the start of the windows with it), 59 of 60 in 600 ms."""
    machine = boot(make_bundle(bound_and_free(600)), cpus=2, **BOARD)
    assert machine.expect_exit(ALL_OFF, timeout=120) == "all VMs are off"
    assert shares(machine) == near({"left": 0.25, "right": 0.25, "free": 0.5})


def test_affinity_is_kept_at_every_turn(boot, make_bundle, stub):
    """The debugger sees each; it disturbs the shares, so they are measured apart."""
    machine = boot(make_bundle(bound_and_free(50)), cpus=2, extra=stub.options(), **BOARD)
    stub.connect()
    used = cpus_used(stub, El2(stub))
    assert machine.expect_exit(ALL_OFF) == "all VMs are off"
    assert sorted(used.values(), key=sorted) == [{0}, {1}, {1}]


def cpus_used(stub, el2):
    """{a vCPU: every CPU that it was ever on}, of a whole run."""
    used = {}
    while (cpu := el2.run_to("vcpu_context_load")) is not None:
        used.setdefault(stub.read("x0"), set()).add(cpu)
    return used
