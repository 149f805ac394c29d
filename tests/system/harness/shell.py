# SPDX-License-Identifier: Apache-2.0
"""The shell of a Linux guest on its console.

Only a shell that shows its prompt listens: it changes the terminal's settings before that, and
Linux's driver empties the PL011's FIFOs where the settings change, whatever was typed by then."""


def expect_prompt(machine, name="guest", timeout=60):
    machine.expect(rf"{name}# ", timeout)


def ask(machine, command, name="guest", mark="", timeout=60):
    """What a command prints. From prompt to prompt; `mark` stands before each line on the
    machine's console, where several guests share it."""
    machine.send(f"echo start-$((6 * 7)); {command}; echo end-$((6 * 7))\n")
    found = machine.expect(rf"^{mark}start-42\n((?s:.*?))^{mark}end-42$", timeout)
    expect_prompt(machine, name)
    return found.group(1)
