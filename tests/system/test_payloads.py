# SPDX-License-Identifier: Apache-2.0
"""Bare programs at EL1 (tests/payload) as guests: what they check, and what they must not upset."""

import re
import time

import pytest
from harness.monitor import ask, go_to_monitor
from harness.vms import debian, payload

ALL_OFF = 0
STOPPED = 2  # by the monitor


def check_plinth_is_well(machine):
    """Nothing in the whole transcript says that Plinth itself broke."""
    text = machine.console.transcript
    assert "panic" not in text.lower(), text
    assert "FAIL:" not in text, text


def expect_passed(machine, timeout=60):
    """The payload's last line, with at least one check and no failure."""
    result = machine.expect(r"payload: (\d+) checks, (\d+) failed", timeout)
    checks, failed = map(int, result.groups())
    failures = re.findall(r"FAIL: .*", machine.console.transcript)
    assert checks > 0 and failed == 0, failures
    machine.expect_exit(ALL_OFF, timeout)
    check_plinth_is_well(machine)


def run_payload(boot, make_bundle, name, vcpus=1, bootargs="", extra=(), timeout=60, **board):
    bundle = make_bundle({name: payload(name, vcpus, bootargs, extra=extra)})
    expect_passed(boot(bundle, **board), timeout)


def run_hostile(boot, make_bundle, seconds, seed=20261122, **board):
    """The hostile guest on four vCPUs beside a Debian guest that works for nearly as long. CI asks
    the same each time, lest QEMU's own bugs decide; the long run asks anew."""
    working = debian("good", action="stress,poweroff", bootargs=f"plinth.seconds={seconds}")
    chosen = f" seed={seed}" if seed else ""
    evil = payload("hostile", vcpus=4, bootargs=f"ms={seconds * 1000}{chosen}")
    machine = boot(make_bundle({"evil": evil, "good": working}), **board)
    machine.expect(r"hostile: seed (0x\w+)")
    done = [r"good stress ok", r"payload: (\d+) checks, 0 failed"]
    machine.expect_all(done, timeout=10 * seconds + 120)
    machine.expect_exit(ALL_OFF, timeout=60)
    check_plinth_is_well(machine)


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "cpu",
    ["cortex-a57", "max", *(pytest.param(cpu, marks=LONG) for cpu in ("cortex-a72", "neoverse-n1"))],
)
def test_hostile_guest(boot, make_bundle, cpu):
    run_hostile(boot, make_bundle, 15, cpu=cpu)


@pytest.mark.long
def test_hostile_guest_for_long(boot, make_bundle):
    run_hostile(boot, make_bundle, 300, seed=None, cpus=4)


def test_hostile_guest_on_one_cpu(boot, make_bundle):
    run_hostile(boot, make_bundle, 10, cpus=1)


@pytest.mark.parametrize("rounds", [5, pytest.param(50, marks=pytest.mark.long)])
def test_hostile_guest_resets_itself(boot, make_bundle, rounds):
    """Beside a Debian guest; the other one never ends, so the monitor is not asked to either."""
    working = debian("good", action="stress", bootargs="plinth.seconds=10")
    evil = payload("hostile", vcpus=4, bootargs="ms=500 reset=1")
    machine = boot(make_bundle({"evil": evil, "good": working}), cpus=2)
    seeds = set()
    for _ in range(rounds):
        seeds.add(machine.expect(r"hostile: seed (0x\w+)", timeout=120).group(1))
        machine.expect(r"hostile: reset", timeout=120)
    assert len(seeds) == rounds
    if "good stress ok" not in machine.console.transcript:
        machine.expect(r"good stress ok", timeout=120)
    check_plinth_is_well(machine)


def test_hostile_guest_with_gicv2(boot, make_bundle):
    working = debian("good", action="stress,poweroff", bootargs="plinth.seconds=5")
    evil = payload("hostile", vcpus=4, bootargs="ms=5000 gic=2")
    machine = boot(make_bundle({"evil": evil, "good": working}), gic=2, cpus=2)
    machine.expect_all([r"good stress ok", r"payload: (\d+) checks, 0 failed"], timeout=180)
    machine.expect_exit(ALL_OFF)
    check_plinth_is_well(machine)


@pytest.mark.parametrize("cpu", ["cortex-a57", "neoverse-n1", "max"])
def test_device_access_forms(boot, make_bundle, cpu):
    run_payload(boot, make_bundle, "mmio_forms", cpu=cpu)


@pytest.mark.parametrize("vmware", [False, True])
@pytest.mark.parametrize("cpu", ["cortex-a57", "max"])
def test_debugging(boot, make_bundle, cpu, vmware):
    """Two vCPUs on one CPU: each keeps its own breakpoints."""
    bootargs, extra = ("vmware=1", ["vmware"]) if vmware else ("", [])
    run_payload(boot, make_bundle, "debug", 2, bootargs, extra, cpu=cpu, cpus=1)


@pytest.mark.parametrize("cpus", [1, 2])
def test_psci(boot, make_bundle, cpus):
    run_payload(boot, make_bundle, "psci", 4, cpus=cpus, timeout=120)


@pytest.mark.parametrize("cpus", [1, 2])
def test_timers(boot, make_bundle, cpus):
    run_payload(boot, make_bundle, "timer", 2, cpus=cpus)


@pytest.mark.parametrize("cpus", [1, 2])
@pytest.mark.parametrize("cpu", ["cortex-a57", "max"])
def test_features(boot, make_bundle, cpu, cpus):
    """Four vCPUs on fewer CPUs: each keeps its registers, and sees what it may see."""
    run_payload(boot, make_bundle, "features", 4, cpu=cpu, cpus=cpus, timeout=120)


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_gic(boot, make_bundle, cpus):
    run_payload(boot, make_bundle, "gic", 2, cpus=cpus, timeout=120)


def test_a_parked_vcpu_takes_no_time(boot, make_bundle):
    run_payload(boot, make_bundle, "parked", 2, cpus=1, icount=True)


def test_suspended_vcpu_stays_its_cpus(boot, make_bundle):
    """What a woken vCPU has in a CPU's registers is not given to another CPU."""
    run_payload(boot, make_bundle, "suspend", 2, cpus=4)


def test_the_operator_wakes_a_suspended_vm(boot, make_bundle):
    """SYSTEM_SUSPEND with no interrupt to end it. Nobody else is woken, nor while it is paused."""
    machine = boot(make_bundle({"asleep": payload("asleep"), "awake": payload("answer")}))
    machine.expect_all([r"^asleep\| asleep: sleeps", r"^awake\| answer: ready"])
    go_to_monitor(machine)
    while "vcpu 0: blocked" not in ask(machine, "vm info asleep"):
        time.sleep(0.1)
    refused = "vm wake {}: not possible in its state\n"
    assert ask(machine, "vm wake awake") == refused.format("awake")
    assert ask(machine, "vm pause asleep now") == ""
    assert ask(machine, "vm wake asleep") == refused.format("asleep")
    assert ask(machine, "vm resume asleep") == ""
    machine.send("vm wake asleep\n")
    machine.expect(r"^asleep\| payload: 1 checks, 0 failed")
    machine.send("poweroff\n")
    machine.expect_exit(STOPPED, timeout=60)
    check_plinth_is_well(machine)


def test_suspended_vm_beside_another(boot, make_bundle):
    """Its timer wakes it on a CPU that another VM's vCPU has; and asleep for good it can be paused,
    go on, and be stopped."""
    asleep = payload("suspend", bootargs="alone=1")
    busy = payload("busy", bootargs="ms=600000")
    machine = boot(make_bundle({"asleep": asleep, "busy": busy}), cpus=1)
    machine.expect(r"PASS: woken from every suspension", timeout=60)
    go_to_monitor(machine)
    for command in ("vm pause asleep", "vm resume asleep", "vm stop asleep", "vm stop busy"):
        assert ask(machine, command) == ""
    machine.expect_exit(ALL_OFF, timeout=60)
    check_plinth_is_well(machine)
