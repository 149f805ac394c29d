# SPDX-License-Identifier: Apache-2.0
"""The balloon, with Linux's own driver in a Debian guest."""

import re
import time

import pytest
from harness import shell
from harness.console import SLOWNESS
from harness.monitor import ESCAPE, ask, go_to_monitor
from harness.vms import MIB, debian, payload
from plinth import cpio, initramfs, optional
from plinth.errors import PlinthError

ALL_OFF = 0
KIB_OF_MIB = 1024
GUEST_MIB = 512
SMALL, LARGE = 64, 192  # MiB to be given away
MODULE = "lib/vmware_balloon.ko"
STATISTICS = "/sys/kernel/debug/vmmemctl"


@pytest.fixture(scope="module")
def initrd(tmp_path_factory):
    try:
        driver = optional.balloon_driver().read_bytes()
    except PlinthError as error:
        pytest.skip(f"no balloon driver: {error}")
    path = tmp_path_factory.mktemp("balloon") / "initrd.gz"
    initramfs.write(path, extra=[cpio.file(MODULE, driver)])
    return path


class Balloon:
    """A guest at its shell, and the monitor."""

    def __init__(self, machine, name):
        self.machine = machine
        self.name = name

    def wait_for_shell(self):
        self.machine.expect("Enter 'help'", timeout=120)
        shell.expect_prompt(self.machine, self.name)

    def run(self, command):
        self.machine.send(f"{ESCAPE}1")
        go_to_monitor(self.machine)
        self.machine.send(f"console {self.name}\n")
        shell.expect_prompt(self.machine, self.name)
        return shell.ask(self.machine, command, self.name).strip()

    def ask(self, command):
        self.machine.send(f"{ESCAPE}1")
        go_to_monitor(self.machine)
        return ask(self.machine, command)

    def set(self, mib):
        """Sets the target, and waits until the guest has given that much away."""
        self.ask(f"vm balloon {self.name} {mib}")
        self.wait_for(rf"balloon: {mib * KIB_OF_MIB} of {mib * KIB_OF_MIB} KiB, driver started")

    def wait_for(self, pattern, seconds=60):
        deadline = time.monotonic() + seconds * SLOWNESS
        while not re.search(pattern, answer := self.ask(f"vm balloon {self.name}")):
            assert time.monotonic() < deadline, answer
            time.sleep(0.5)

    def others_kib(self):
        """What Plinth has for others: free, and promised to nobody."""
        text = self.ask("mem")
        return int(re.search(r"free (\d+)", text).group(1)) - self.promised(text)

    @staticmethod
    def promised(text):
        return int(re.search(r"promised (\d+)", text).group(1))

    def free_kib(self):
        """What the guest has free."""
        return int(self.run("grep MemFree /proc/meminfo").split()[1])


@pytest.fixture
def guest(boot, make_bundle, initrd):
    files = debian("one", memory=GUEST_MIB * MIB, action="shell", extra=["vmware"])
    machine = boot(make_bundle({"one": {**files, "initrd.gz": initrd}}), cpus=2, memory_mib=1024)
    guest = Balloon(machine, "one")
    guest.wait_for_shell()
    return guest


def start_driver(guest):
    assert guest.run(f"mount -t debugfs none /sys/kernel/debug; insmod /{MODULE}; echo $?") == "0"
    guest.wait_for(r"balloon: 0 of 0 KiB, driver started")


def statistics(guest):
    text = guest.run(f"cat {STATISTICS}")
    counts = {name: int(count) for name, count in re.findall(r"^(\S+)\s*:\s*(\d+)", text, re.M)}
    failed = [int(count) for count in re.findall(r"\((\d+) failed\)", text)]
    return counts, failed, text


def test_linuxs_driver(guest):
    """What it gives away is there for others, to the page; what it takes back is the guest's; a
    restart of the guest with its balloon full, and its end, leave nothing behind."""
    before = guest.others_kib()
    start_driver(guest)
    statistics(guest)  # counts from its first reading on
    guest.run("dd if=/dev/urandom of=/tmp/kept bs=1M count=8; md5sum /tmp/kept >/tmp/sum")
    free = guest.free_kib()
    guest.set(SMALL)
    assert guest.others_kib() == before + SMALL * KIB_OF_MIB
    guest.set(LARGE)
    assert guest.others_kib() == before + LARGE * KIB_OF_MIB
    assert guest.free_kib() < free - (LARGE - 16) * KIB_OF_MIB
    assert guest.run("md5sum -c /tmp/sum") == "/tmp/kept: OK"
    guest.set(SMALL)
    assert guest.others_kib() == before + SMALL * KIB_OF_MIB
    # What has come back is written, and what was kept is as it was.
    guest.run("dd if=/dev/urandom of=/tmp/new bs=1M count=16; md5sum /tmp/new >/tmp/newsum")
    assert guest.run("md5sum -c /tmp/sum /tmp/newsum") == "/tmp/kept: OK\n/tmp/new: OK"
    counts, failed, text = statistics(guest)
    assert re.search(r"used capabilities\s*:\s*0xe$", text, re.M), text
    assert counts["2m-lock"] > 0 and counts["2m-unlock"] > 0 and not any(failed), text
    restart(guest)
    assert guest.others_kib() == before
    start_driver(guest)
    guest.set(SMALL)
    assert guest.run("rmmod vmware_balloon; echo $?") == "0"  # gives all of it back
    guest.wait_for(rf"balloon: 0 of {SMALL * KIB_OF_MIB} KiB, driver none")
    assert guest.others_kib() == before
    guest.run("dd if=/dev/zero of=/tmp/full bs=1M count=200; rm /tmp/full")
    guest.ask("vm stop one now")
    assert guest.machine.expect_exit(ALL_OFF) == "all VMs are off"


def restart(guest):
    """With its balloon as it is; the owner's wish stays, the driver has to begin again."""
    guest.ask("vm reset one")
    guest.machine.send("console one\n")
    guest.wait_for_shell()
    assert "balloon: 0 of" in guest.ask("vm balloon one")
    guest.ask("vm balloon one 0")


def test_hostile_drivers(boot, make_bundle):
    """Four vCPUs on two CPUs with GICv3, and beside them a neighbour."""
    guests = {
        "bare": payload("balloon", 4, extra=["vmware"]),
        "beside": payload("balloon", 4, extra=["vmware"]),
    }
    machine = boot(make_bundle(guests), cpus=2)
    machine.expect_exit(ALL_OFF, timeout=120)
    text = machine.console.transcript
    results = re.findall(r"payload: (\d+) checks, (\d+) failed", text)
    assert len(results) == 2 and "FAIL:" not in text, text
    assert all(int(checks) > 30 and failed == "0" for checks, failed in results)


def press_key(machine, number, name):
    go_to_monitor(machine)
    machine.send(f"{ESCAPE}{number}")
    machine.expect(rf"console of {name}")
    machine.send("x")


def test_memory_that_others_have(boot, make_bundle):
    """What was given away and eaten by a neighbour: refused, an abort at a touch, no new start."""
    eater = payload("balloon", 1, "eat=1", memory=240, extra=["vmware", "overcommit"])
    guests = {"giver": payload("balloon", 1, "gone=1", extra=["vmware"]), "eater": eater}
    machine = boot(make_bundle(guests), cpus=2, memory_mib=256)
    machine.expect(r"^giver\| payload: given")
    press_key(machine, 1, "eater")
    machine.expect(r"vm eater: starved: no free memory for the page")
    press_key(machine, 2, "giver")
    machine.expect(r"payload: at its end")
    go_to_monitor(machine)
    machine.send("vm reset giver\n")
    machine.expect(r"vm giver: cannot start: memory that its balloon gave away is in use")
    machine.send("vm stop eater now\n")  # waits for memory, and ends all the same
    assert machine.expect_exit(ALL_OFF) == "all VMs are off"
    text = machine.console.transcript
    assert "FAIL:" not in text and text.count("PASS:") > 5, text
