# SPDX-License-Identifier: Apache-2.0
"""A guest that manages Plinth, and its shell, where plinthctl runs."""

import json
import re

from harness import shell
from harness.vms import INITRD_CONTROL, debian


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

    def run(self, command, timeout=60):
        text = shell.ask(self.machine, command, self.name, self.mark, timeout)
        return "\n".join(shell.own_lines(text, f"{self.name}| "))

    def run_status(self, command):
        """(what it prints, exit status)"""
        text = self.run(f"{command} 2>&1; echo status $?")
        found = re.fullmatch(r"((?s:.*?))\n?status (\d+)", text)
        assert found, text
        return found.group(1), int(found.group(2))

    def json(self, command, timeout=60):
        """The answer of a command of plinthctl, parsed."""
        text = self.run(f"plinthctl --json {command} | fold -w 500", timeout)
        return json.loads(text.replace("\n", ""))


def wait_for_state(guest, state, name="worker", seconds=60):
    """Until that VM is in it; the guest's own shell counts the tries."""
    loop = (
        f"n=0; while ! plinthctl vm list | grep -q '^{name} *{state}'; do "
        f"n=$((n + 1)); [ $n -gt {seconds * 10} ] && break; sleep 0.1; done"
    )
    guest.run(loop)
    assert guest.json(f"vm info {name}")["state"] == state


def refused(guest, command, status, text):
    """plinthctl says what is wrong, and what to do."""
    answer, code = guest.run_status(f"plinthctl {command}")
    assert code == status and text in answer, (command, code, answer)
