# SPDX-License-Identifier: Apache-2.0
"""VMs whose memories together are more than the machine has: who asks for what is not there waits,
and goes on when it is; the others notice nothing."""

import json
import re

import pytest
from harness.control import Guest, boss, wait_for_state
from harness.monitor import ESCAPE, ask, go_to, go_to_monitor
from harness.vms import MIB, debian, report_of
from plinth import cpio, initramfs, optional
from plinth.errors import PlinthError

MEMORY_MIB = 720
GUEST_MIB = 320  # each fits beside the manager, both do when they are idle, and with one such file
FILE_MIB = 120

# In a guest: a file whose every MiB begins with its own number; and whether it is as it was written,
# at every tenth of them.
RECORD = "{ printf '%-4096s' $n; cat /tmp/block; }"


def fill(mib):
    return (
        "mount -t tmpfs -o size=90% none /tmp; "
        f"head -c 1044480 /dev/urandom >/tmp/block; n=0; while [ $n -lt {mib} ]; "
        f"do {RECORD} >>/tmp/full || break; n=$((n + 1)); done; echo filled $n"
    )


def check(mib):
    return (
        f"n=0; while [ $n -lt {mib} ]; do {RECORD} >/tmp/record; dd if=/tmp/full bs=1M skip=$n count=1 "
        "2>/dev/null | cmp - /tmp/record || break; n=$((n + 10)); done; echo same $n"
    )


FILL, FILLED = fill(FILE_MIB), f"filled {FILE_MIB}"
# Memory that a guest has touched and has free: what it does next needs none of Plinth's.
SPARE = "dd if=/dev/zero of=/tmp/spare bs=1M count=32 2>/dev/null; rm /tmp/spare"
CHECK, SAME = check(FILE_MIB), f"same {FILE_MIB}"


def hungry(name, extra=()):
    return debian(name, vcpus=2, memory=GUEST_MIB * MIB, action="shell", extra=["overcommit", *extra])


def shells_of(*names):
    return [rf"^{name}\| Enter 'help'" for name in names]


@pytest.fixture
def machine(boot, make_bundle):
    vms = {"boss": boss(), "one": hungry("one"), "two": hungry("two")}
    machine = boot(make_bundle(vms), cpus=2, memory_mib=MEMORY_MIB)
    shells = [r"^boss\| This VM may manage Plinth(?s:.*?)boss# ", *shells_of("one", "two")]
    machine.expect_all(shells, timeout=240)
    return machine


class Typist:
    """At the consoles of several guests, one after the other."""

    def __init__(self, machine, names):
        self.machine = machine
        self.names = names

    def at(self, name):
        go_to(self.machine, self.names.index(name) + 1, name)
        self.machine.send("\n")
        self.machine.expect(rf"{name}# ")
        return Guest(self.machine, name)

    def monitor(self, command):
        self.machine.send(f"{ESCAPE}1")  # away from it, or going there would print nothing
        go_to_monitor(self.machine)
        return ask(self.machine, command)


def test_only_who_asks_waits(machine):
    typist = Typist(machine, ["boss", "one", "two"])
    manager = typist.at("boss")
    manager.run("plinthctl --json events --follow >/run/events & true")
    assert typist.at("one").run(f"{FILL}; {SPARE}") == FILLED
    # The second one's turn: there is not as much.
    typist.at("two")
    machine.send(f"{FILL}\n")
    machine.expect(r"vm two: starved: no free memory for the page at 0x[0-9a-f]+", timeout=180)
    assert re.search(r"^two +starved ", typist.monitor("vm list"), re.M)
    manager = typist.at("boss")
    wait_for_state(manager, "starved", "two")
    assert manager.json("vm info one")["state"] == "running"
    metrics = manager.run("plinthctl metrics")
    assert 'plinth_vm_starved{vm="two"} 1' in metrics and 'plinth_vm_starved{vm="one"} 0' in metrics
    # The other one has what it had, and so has the manager, whose memory is guaranteed.
    assert typist.at("one").run(CHECK) == SAME
    manager = typist.at("boss")
    assert manager.run(f"{fill(60)}; {check(60)}; rm /tmp/full") == "filled 60\nsame 60"
    assert manager.json("vm info two")["state"] == "starved"
    # Memory comes back, and it goes on where it was.
    manager.run("plinthctl vm stop one --now")
    wait_for_state(manager, "running", "two")
    go_to(machine, 3, "two")
    machine.expect(rf"^two\| {FILLED}$", timeout=180)
    machine.expect(r"two# ")
    assert Guest(machine, "two").run(CHECK) == SAME
    manager = typist.at("boss")
    lines = manager.run("kill %1; cat /run/events").splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    states = [event["state"] for event in events if event.get("vm") == "two" and "state" in event]
    states = states[states.index("starved") :]
    assert states[-1] == "running" and set(states) == {"starved", "running"}


def test_a_balloon_helps(boot, make_bundle, tmp_path):
    """What a guest gives away, of guaranteed memory, lets another one go on."""
    try:
        driver = optional.balloon_driver().read_bytes()
    except PlinthError as error:
        pytest.skip(f"no balloon driver: {error}")
    initrd = tmp_path / "initrd.gz"
    initramfs.write(initrd, extra=[cpio.file("lib/vmware_balloon.ko", driver)])
    one = debian("one", memory=GUEST_MIB * MIB, action="shell", extra=["vmware"])
    vms = {"one": {**one, "initrd.gz": initrd}, "two": hungry("two")}
    machine = boot(make_bundle(vms), cpus=2, memory_mib=520)
    machine.expect_all(shells_of(*vms), timeout=240)
    typist = Typist(machine, ["one", "two"])
    one = typist.at("one")
    assert one.run("insmod /lib/vmware_balloon.ko; echo $?") == "0"
    typist.at("two")
    machine.send(f"{FILL}\n")
    machine.expect(r"vm two: starved: ", timeout=180)
    typist.monitor("vm balloon one 200")
    go_to(machine, 2, "two")
    machine.expect(rf"^two\| {FILLED}$", timeout=240)
    assert Guest(machine, "two").run(CHECK) == SAME


def test_more_than_the_machine_has_is_refused(boot, make_bundle):
    large = debian("large", memory=2048 * MIB, extra=["overcommit"])
    small = debian("small", vcpus=1, memory=128 * MIB)
    machine = boot(make_bundle({"large": large, "small": small}), memory_mib=MEMORY_MIB)
    machine.expect(r'"large".*memory: 0x80000000 bytes')
    machine.expect(report_of("small", 1), timeout=120)
