# SPDX-License-Identifier: Apache-2.0
"""Plinth's own monitor on the console, as a user at the terminal uses it."""

import re

ESCAPE = "\x14"  # Ctrl-T
PROMPT = r"^plinth> "


def go_to_monitor(machine):
    machine.send(f"{ESCAPE}m")
    machine.expect(PROMPT)


def go_to(machine, number, name):
    """The console of the VM of this number in the bundle, 1 to 9, from wherever the keyboard is."""
    machine.send(f"{ESCAPE}m{ESCAPE}{number}")
    machine.expect(rf"^plinth: console of {name} ")


def ask(machine, command):
    """What the monitor answers: the lines between the command's echo and the next prompt, without
    what a guest says meanwhile."""
    machine.send(f"{command}\n")
    lines = machine.expect(rf"{re.escape(command)}\n((?:.*\n)*?)plinth> ").group(1)
    return re.sub(r"^\w+\|.*\n", "", lines, flags=re.M)
