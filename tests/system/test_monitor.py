# SPDX-License-Identifier: Apache-2.0
"""The console with two guests' shells on it, and the monitor: what a user at the terminal does."""

import re
import struct
import time

import pytest
from harness import shell
from harness.monitor import ESCAPE, ask, go_to_monitor
from harness.vms import MIB, debian, memory_property, report_of, vm_dts

ONE_MACHINE = pytest.mark.xdist_group("monitor")  # for all tests with two_shells, in this order


@pytest.fixture(scope="module")
def machine_with_two_shells(boot_for_module, make_module_bundle):
    names = ("one", "two")
    guests = {name: debian(name, vcpus=1, action="shell") for name in names}
    machine = boot_for_module(make_module_bundle(guests))
    expect_shells(machine)
    return machine


@pytest.fixture
def two_shells(machine_with_two_shells):
    """Wherever the test before has left the keyboard: it is at the shell of "one"."""
    machine = machine_with_two_shells
    machine.send(f"{ESCAPE}1")  # away from the monitor, or going there would print nothing
    go_to_monitor(machine)
    machine.send("console one\n")
    shell.expect_prompt(machine, "one")
    return machine


def expect_shells(machine):
    machine.expect_all([r"^two\| Enter 'help'", r"^one\| one# "])


def state_of(machine, name):
    return re.search(rf"^{name} +(\w+)", ask(machine, "vm list"), re.M).group(1)


def wait_for_state(machine, name, state):
    for _ in range(100):
        if state_of(machine, name) == state:
            return
        time.sleep(0.1)
    raise AssertionError(f"{name} is {state_of(machine, name)}, not {state}")


def memory(machine):
    """KiB that are free and in use by guests and their tables, as `mem` says."""
    text = ask(machine, "mem")
    patterns = (r"free (\d+)", r"stage-2 tables (\d+)", r"guests (\d+)", r"promised (\d+)")
    return [int(re.search(pattern, text).group(1)) for pattern in patterns]


@ONE_MACHINE
def test_shells_focus_and_help(two_shells):
    machine = two_shells
    machine.send("echo $((6 * 7))\n")
    machine.expect(r"^one\| 42$")
    machine.expect(r"^one\| one# ")
    machine.send(f"{ESCAPE}2")
    machine.expect(r"^plinth: console of two ")
    machine.expect(r"^two\| two# ")
    machine.send("echo $((6 * 8))\n")
    machine.expect(r"^two\| 48$")
    machine.send(f"{ESCAPE}n")
    machine.expect(r"^plinth: console of one ")
    machine.send(f"{ESCAPE}?")
    machine.expect(r"^plinth: Ctrl-T and then: ")
    machine.expect(r"^plinth: 1 one \(here\)\nplinth: 2 two$")
    machine.send(f"{ESCAPE}x")
    machine.expect(r"^plinth: unknown key")
    go_to_monitor(machine)
    machine.send("console two\n")
    machine.expect(r"^two\| two# ")
    machine.send("echo $((6 * 9))\n")
    machine.expect(r"^two\| 54$")


@ONE_MACHINE
def test_commands(two_shells):
    machine = two_shells
    go_to_monitor(machine)
    commands = re.findall(r"^(\S+) .*\n  ", ask(machine, "help"), re.M)
    wanted = "help vm guestinfo nvram mem irq trace log coherency errata scan find-kernel translate read "
    assert commands == f"{wanted}console reboot poweroff".split()
    assert re.search(r"^one +running +1 +262144 +\d+ +1$", ask(machine, "vm list"), re.M)
    assert "two: running, started 1 times" in ask(machine, "vm info two")
    assert memory(machine)[0] > 1 << 20
    assert "  irq  27 e" in ask(machine, "irq one")
    assert ask(machine, "trace dump").startswith("trace: no records")
    assert ask(machine, "trace on") == ""
    assert "vm one: 1 vCPUs, 256 MiB" in ask(machine, "log")
    assert re.search(r"^  faults: read [1-9]", ask(machine, "coherency one"), re.M)
    assert re.search(r"^ *\d+\.\d+ cpu\d+ +irq ", ask(machine, "trace dump"), re.M)
    assert "Cortex-A57 834220: " in ask(machine, "errata")
    assert ask(machine, "vm pause nobody") == "vm pause nobody: no such VM\n"
    assert ask(machine, "vm resume one") == "vm resume one: not possible in its state\n"
    assert ask(machine, "vm start one") == "vm start one: not possible in its state\n"
    assert ask(machine, "nonsense") == "nonsense: unknown command; `help` lists them\n"


def milliseconds_run(machine, name):
    """What the first vCPU of a guest has had of the CPUs."""
    return int(re.search(r"vcpu 0: .* ran (\d+) ms", ask(machine, f"vm info {name}")).group(1))


@ONE_MACHINE
def test_idle_guests_take_no_cpu(two_shells):
    """At their prompts both wait in WFI: of four seconds each has less than one."""
    machine = two_shells
    go_to_monitor(machine)
    time.sleep(2)
    before = {name: milliseconds_run(machine, name) for name in ("one", "two")}
    time.sleep(4)
    for name, ran in before.items():
        assert milliseconds_run(machine, name) - ran < 1000


def guest_seconds(machine):
    """Of guest "one", in focus and at its prompt: what its counter and its clock say."""
    command = "cut -d. -f1 /proc/uptime; cat /sys/class/rtc/rtc0/since_epoch"
    uptime, clock = re.findall(r"\d+", shell.ask(machine, command, "one", mark=r"one\| "))
    return int(uptime), int(clock)


@ONE_MACHINE
def test_pause_stops_guest_time(two_shells):
    machine = two_shells
    uptime, clock = guest_seconds(machine)
    began = time.monotonic()
    go_to_monitor(machine)
    assert ask(machine, "vm pause one") == ""
    assert state_of(machine, "one") == "paused"
    paused = time.monotonic()
    time.sleep(8)
    assert ask(machine, "vm resume one") == ""
    pause = time.monotonic() - paused
    assert state_of(machine, "one") == "running"
    machine.send("console one\n")
    shell.expect_prompt(machine, "one")
    uptime_after, clock_after = guest_seconds(machine)
    outside = time.monotonic() - began - pause
    assert uptime_after - uptime <= outside + 2
    assert clock_after - clock >= pause - 2  # the clock of the real world goes on


@ONE_MACHINE
def test_reboot_of_the_machine(two_shells):
    machine = two_shells
    go_to_monitor(machine)
    machine.send("reboot\n")
    machine.expect(r"^plinth: reboot$")
    machine.expect(r"^plinth: 2 of 2 CPUs, ")
    expect_shells(machine)


@ONE_MACHINE
def test_stop_start_and_reset(two_shells):
    """The last of these tests: it powers the machine off."""
    machine = two_shells
    go_to_monitor(machine)
    assert ask(machine, "vm pause two") == ""
    machine.send("vm stop one\n")
    machine.expect(r"^plinth: vm one: off$")
    wait_for_state(machine, "one", "off")
    assert re.search(r"^one +off +1 +262144 +0 +1$", ask(machine, "vm list"), re.M)
    before = memory(machine)
    assert ask(machine, "vm start one") == ""
    machine.expect(report_of("one", 1))
    machine.expect(r"one shell")
    assert ask(machine, "vm reset one") == ""
    machine.expect(report_of("one", 1))
    assert re.search(r"^one +running +1 +262144 +\d+ +3$", ask(machine, "vm list"), re.M)
    machine.send("vm stop one\n")
    machine.expect(r"^plinth: vm one: off$")
    wait_for_state(machine, "one", "off")
    assert memory(machine) == before
    machine.send("vm stop two\n")  # paused VMs can be stopped, and it was the last one
    assert machine.expect_exit(0) == "all VMs are off"


def stop_all(machine, names):
    """Stops these VMs and returns what memory() says then."""
    for name in names:
        machine.send(f"vm stop {name}\n")
        machine.expect(rf"^plinth: vm {name}: off$")
        wait_for_state(machine, name, "off")
    return memory(machine)


def starts_of(machine, name):
    return int(re.search(rf"^{name} .* (\d+)$", ask(machine, "vm list"), re.M).group(1))


# Writes to 512 pages from 0x41000000 on, then asks for PSCI SYSTEM_RESET.
TOUCH_AND_RESET = struct.pack(
    "<10I",
    0xD2A82001,  # mov x1, #0x41000000
    0xD2804002,  # mov x2, #512
    0xF9000021,  # loop: str x1, [x1]
    0x91400421,  # add x1, x1, #4096
    0xF1000442,  # subs x2, x2, #1
    0x54FFFFA1,  # b.ne loop
    0xD2B08000,  # mov x0, #0x84000000
    0xF2800120,  # movk x0, #9
    0xD4000002,  # hvc #0
    0x14000000,  # b .
)


WAIT_FOREVER = struct.pack("<2I", 0xD503207F, 0x17FFFFFF)  # wfi; b back to it


def flat_program(code):
    properties = ["vcpus = <1>", memory_property(64 * MIB), 'kernel = "flat"']
    return {"vm.dts": vm_dts(properties), "flat": code.ljust(4096, b"\0")}


def boot_beside_witness(boot, bundle):
    """At the monitor, as soon as that is there. The VM "witness" stays: without it Plinth would
    power off when the others are."""
    machine = boot(bundle)
    machine.expect(r"^plinth: entropy: ")
    go_to_monitor(machine)
    return machine


def test_fifty_reboots_lose_no_page(boot, make_bundle):
    vms = {"again": flat_program(TOUCH_AND_RESET), "witness": flat_program(WAIT_FOREVER)}
    machine = boot_beside_witness(boot, make_bundle(vms))
    before = stop_all(machine, ["again"])
    starts = starts_of(machine, "again")
    assert ask(machine, "vm start again") == ""
    for _ in range(100):
        if starts_of(machine, "again") >= starts + 50:
            break
        time.sleep(0.5)
    assert stop_all(machine, ["again"]) == before
    assert starts_of(machine, "again") >= starts + 50


@pytest.mark.parametrize(
    ("names", "count"), [(("one",), 2), pytest.param(("one", "two"), 50, marks=pytest.mark.long)]
)
def test_debian_reboots_lose_no_page(boot, make_bundle, names, count):
    guests = {name: debian(name, vcpus=2, memory=128 * MIB, action="reboot") for name in names}
    guests["witness"] = flat_program(WAIT_FOREVER)
    machine = boot_beside_witness(boot, make_bundle(guests))
    before = stop_all(machine, names)
    for name in names:
        assert ask(machine, f"vm start {name}") == ""
    for _ in range(count):
        machine.expect_all([rf"plinth-guest: {name} reboot$" for name in names], timeout=120)
    assert stop_all(machine, names) == before
