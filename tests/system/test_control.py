# SPDX-License-Identifier: Apache-2.0
"""plinthctl in a Debian guest that manages another one."""

import json
import re

import pytest
from harness import shell
from harness.vms import INITRD_CONTROL, debian, report_of

IN_ORDER = pytest.mark.xdist_group("control")  # the tests of one machine


def boss(control="", name="boss"):
    """A guest that manages Plinth with these rights: nothing for all."""
    files = debian(name, vcpus=1, action="shell", extra=[f"control{control}"])
    return {**files, "initrd.gz": INITRD_CONTROL}


class Guest:
    """The shell of the guest in focus."""

    def __init__(self, machine, name="boss"):
        self.machine = machine
        self.name = name
        self.mark = rf"{name}\| "

    def run(self, command):
        text = shell.ask(self.machine, command, self.name, mark=self.mark)
        own = [line for line in text.splitlines() if line.startswith(f"{self.name}| ")]
        return "\n".join(line.removeprefix(f"{self.name}| ") for line in own)

    def run_status(self, command):
        """(what it prints, exit status)"""
        text = self.run(f"{command} 2>&1; echo status $?")
        found = re.fullmatch(r"((?s:.*?))\n?status (\d+)", text)
        assert found, text
        return found.group(1), int(found.group(2))

    def json(self, command):
        """The answer of a command of plinthctl, parsed."""
        return json.loads(self.run(f"plinthctl --json {command} | fold -w 500").replace("\n", ""))


@pytest.fixture(scope="module")
def machine(boot_for_module, make_module_bundle):
    worker = debian("worker", vcpus=2, action="shell", vmware=True)
    bundle = make_module_bundle({"boss": boss(), "worker": worker})
    machine = boot_for_module(bundle, memory_mib=1024)
    reports = [report_of("boss", 1), report_of("worker", 2)]
    shells = [r"^boss\| This VM may manage Plinth(?s:.*?)boss# ", r"^worker\| Enter 'help'"]
    machine.expect_all([*reports, *shells], timeout=120)
    return machine


@pytest.fixture
def guest(machine):
    return Guest(machine)


def wait_for_state(guest, state):
    """Until the worker is in it; the guest's own shell counts the tries."""
    loop = (
        f"n=0; while ! plinthctl vm list | grep -q 'worker *{state}'; do "
        "n=$((n + 1)); [ $n -gt 600 ] && break; sleep 0.1; done"
    )
    guest.run(loop)
    assert guest.json("vm info worker")["state"] == state


@IN_ORDER
def test_explore(guest):
    for c in [
        "vm list", "vm info worker", "host", "log | tail -3", "events | tail -4", "top --once",
        "metrics | head -30", "guestinfo worker", "find-kernel worker", "translate worker 0",
        "scan worker --vcpu 0 | tail -3", "trace on", "trace | tail -3", "trace off",
        "vm pause worker --now", "registers worker | tail -4", "memory read worker 40000000 64",
        "vm resume worker", "console", "vm stop nobody", "map worker /tmp/x.svg",
    ]:
        print(c, "->", guest.run_status(f"plinthctl {c}")[0])
