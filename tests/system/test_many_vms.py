# SPDX-License-Identifier: Apache-2.0
"""As many VMs as there can be, each of which sleeps until somebody types."""

import re

import pytest
from harness.control import Guest
from harness.monitor import ESCAPE, ask, go_to, go_to_monitor
from harness.vms import INITRD_CONTROL, MIB, debian, payload, write_folder
from plinth import bundle
from plinth.cpio import round_up

VM_MIB = 2
ALIKE = "a-name-that-is-long-and-alik"  # three letters short of the longest


def alike(folder, count):
    """A bundle of so many VMs."""
    write_folder(folder, {"vm": payload("answer", memory=VM_MIB)})
    names = [f"vm-{number:03}" for number in range(count)]
    return names, bundle.pack_alike([(folder / "vm", names)], folder / "bundle.cpio")


def next_answers(machine, name, count):
    """What is typed at the next console comes back from it."""
    machine.send(f"{ESCAPE}n")
    machine.expect(rf"^plinth: console of {name} ")
    machine.send("x")
    machine.expect(rf"^{name}\| answer {count} {ord('x')}$")


@pytest.mark.parametrize("count", (20, pytest.param(250, marks=pytest.mark.long)))
def test_no_call_takes_long(boot, tmp_path, count):
    """Beside so many with long names that are alike, and for a VM with as much of everything as its
    description can say: counted by the PMU."""
    manager = debian("boss", vcpus=1, memory=256 * MIB, action="shell", extra=["control"])
    others = tmp_path / "others"
    write_folder(others, {"boss": {**manager, "initrd.gz": INITRD_CONTROL}})
    write_folder(tmp_path, {"vm": payload("answer", memory=VM_MIB)})
    names = [f"{ALIKE}{number:03}" for number in range(count)]
    archive = bundle.pack_alike([(tmp_path / "vm", names)], tmp_path / "bundle.cpio", others)
    memory = round_up(512 + count * (VM_MIB + 2), 64)
    machine = boot(archive, cpus=1, memory_mib=memory, icount=True)
    machine.expect(r"^boss\| This VM may manage Plinth(?s:.*?)boss# ", timeout=300)
    guest = Guest(machine)
    assert guest.run_status(f"plinth-hostile --largest {ALIKE}zzz") == ("", 0)
    host = guest.json("host")
    print(host["longest_call"], host["longest_call_instructions"])
    assert 500 < host["longest_call_instructions"] <= 10_000, host


@pytest.mark.parametrize("count", (64, pytest.param(256, marks=pytest.mark.long)))
def test_all_answer(boot, tmp_path, count):
    """Twice round, so that each has slept while all others answered."""
    names, archive = alike(tmp_path, count)
    memory = round_up(192 + count * (VM_MIB + 2), 64)
    machine = boot(archive, cpus=4, memory_mib=memory)
    machine.expect_all([rf"^{name}\| answer: ready$" for name in names], timeout=300)
    go_to(machine, 1, names[0])
    for turn in (1, 2):
        for name in [*names[1:], names[0]]:
            next_answers(machine, name, turn)
    go_to_monitor(machine)
    states = re.findall(r"^(vm-\d+) +(\w+) +1 +(\d+) ", ask(machine, "vm list"), re.M)
    assert states == [(name, "running", str(VM_MIB * MIB // 1024)) for name in names]
