# SPDX-License-Identifier: Apache-2.0
"""VMs made, used at random, and taken away, for as long as one likes, beside others that go on:
  PLINTH_SOAK_MINUTES  how long (3)
  PLINTH_SOAK_SEED     what chooses (printed; the same one does the same)
Whatever is done, there are the VMs that should be, the neighbours answer, and when all that was made
is gone every page is back."""

import os
import random
import re
import time

import pytest
from harness.control import Guest, boss
from harness.monitor import ask, go_to, go_to_monitor
from harness.vms import MIB, PAYLOADS, payload
from test_lifecycle import body, counts, dtb, initrd, tiny, until

MINUTES = float(os.environ.get("PLINTH_SOAK_MINUTES", "3"))
SEED = int(os.environ.get("PLINTH_SOAK_SEED", "0")) or time.time_ns() % 1_000_000
KINDS = ("answer", "busy", "exits", "flood", "gic", "hostile", "psci", "selfmod", "timer", "wide")
ALIVE_MAX = 6
ROUND = 40  # operations until all that was made is taken away

# What is refused for a VM's present state, or what it is, is no failure.
ALLOWED = re.compile(
    r"not possible in its state|is not paused|another look|cannot be dumped|no value|is off"
    r"|can be dumped when|no memory of that VM|no kernel|does not run|not supported|busy|^$"
    r"|this Plinth does not offer it",
    re.M,
)


def files():
    made = {}
    for name in KINDS:
        program = "answer" if name == "wide" else name
        made[f"{name}/{program}.elf"] = (PAYLOADS / f"{program}.elf").read_bytes()
        made[f"{name}/vm.dtb"] = body(name)
    wide = ("vcpus = <32>", f"memory = /bits/ 64 <{32 * MIB:#x}>", 'kernel = "answer.elf"', "vmware")
    made["wide/vm.dtb"] = dtb(*wide)
    made["busy/vm.dtb"] = tiny('bootargs = "ms=600000"')
    return made


class Soak:
    def __init__(self, machine, seed):
        self.machine = machine
        self.guest = Guest(machine)
        self.random = random.Random(seed)
        self.alive = []
        self.made = 0
        self.answers = 0
        self.done = []

    def step(self):
        grows = len(self.alive) < 2 or (len(self.alive) < ALIVE_MAX and self.random.random() < 0.2)
        if grows:
            self.create()
            return
        name = self.random.choice(self.alive)
        self.random.choice(OPERATIONS)(self, name)

    def run(self, command):
        """It is done, or refused for a reason that its state explains."""
        answer, status = self.guest.run_status(f"timeout 20 plinthctl {command}")
        self.done.append(f"{command}: {status} {answer}")
        assert status == 0 or (status == 1 and ALLOWED.search(answer)), self.done[-20:]

    def create(self):
        kind = self.random.choice(KINDS)
        self.made += 1
        name = f"v{self.made}"
        start = self.random.choice((" --start", ""))
        answer, status = self.guest.run_status(f"plinthctl vm create /vms/{kind} --name {name}{start}")
        self.done.append(f"create {kind} {name}{start}: {status} {answer}")
        assert (answer, status) == ("", 0), self.done[-20:]
        self.alive.append(name)

    def destroy(self, name):
        self.run(f"vm destroy {name}")
        self.alive.remove(name)

    def power(self, name):
        verb = self.random.choice(("start", "stop", "reset", "reset", "pause", "resume", "resume"))
        self.run(f"vm {verb} {name}" + (" --now" if verb in ("stop", "pause") else ""))

    def set(self, name):
        setting = self.random.choice(("weight=10", "weight=1000", "affinity=0", "affinity=1"))
        self.run(f"vm set {name} {setting}")

    def look(self, name):
        what = self.random.choice((f"find-kernel {name}", f"scan {name} --to ffffffff", f"translate {name} 40080000"))
        self.run(f"{what} >/dev/null")

    def memory(self, name):
        self.run(f"memory read {name} {0x40080000:x} 8192 /tmp/memory")
        if self.random.random() < 0.3:
            self.run(f"memory write {name} {0x40200000:x} /tmp/memory")
        self.run(f"registers {name} >/dev/null")

    def info(self, name):
        self.run(f"guestinfo {name} key{self.random.randrange(8)} 'a value'")
        self.run(f"guestinfo {name} >/dev/null")
        self.run(f"--json vm info {name} >/dev/null")

    def console(self, name):
        self.guest.run(f"(printf xyz; sleep 0.3) | timeout 5 plinthctl console {name} >/dev/null")

    def invariants(self):
        """The VMs that should be are there, in states that there are; neighbours answer."""
        names = {vm["name"] for vm in self.guest.json("vm list")}
        assert names == {"boss", "neighbour", *self.alive}, (names, self.done[-20:])
        go_to(self.machine, 2, "neighbour")
        self.answers += 1
        self.machine.send("x")
        self.machine.expect(rf"^neighbour\| answer {self.answers} 120$")
        go_to_monitor(self.machine)
        assert re.search(r"^neighbour +running ", ask(self.machine, "vm list"), re.M)
        go_to(self.machine, 1, "boss")
        self.machine.send("\n")
        self.machine.expect(r"boss# ")

    def end_all(self):
        for name in self.random.sample(self.alive, len(self.alive)):
            self.destroy(name)
        until(self.guest, "[ $(plinthctl vm list | wc -l) -le 3 ]")


OPERATIONS = (
    Soak.power,
    Soak.power,
    Soak.power,
    Soak.destroy,
    Soak.set,
    Soak.look,
    Soak.memory,
    Soak.info,
    Soak.console,
)


@pytest.mark.long
def test_soak(boot, make_bundle):
    manager = boss()
    manager["initrd.gz"] = initrd(files())
    manager["vm.dts"] = manager["vm.dts"].replace(f"{256 * MIB:#x}", f"{384 * MIB:#x}")
    vms = {"boss": manager, "neighbour": payload("answer", memory=4)}
    machine = boot(make_bundle(vms), cpus=4, memory_mib=1536)
    machine.expect(r"^boss\| This VM may manage Plinth(?s:.*?)boss# ", timeout=180)
    print(f"PLINTH_SOAK_SEED={SEED}")
    soak = Soak(machine, SEED)
    deadline = time.monotonic() + 60 * MINUTES
    before = None
    rounds = 0
    while time.monotonic() < deadline or rounds < 2:
        for count in range(ROUND):
            soak.step()
            if count % 10 == 9:
                soak.invariants()
        soak.end_all()
        now = counts(soak.guest)
        # The first VM that goes makes Plinth take a page or two for good.
        before = before or now
        assert now == before, (rounds, soak.done[-ROUND:])
        rounds += 1
    print(f"{rounds} rounds, {soak.made} VMs, {len(soak.done)} operations")
