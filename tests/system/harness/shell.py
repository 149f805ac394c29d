# SPDX-License-Identifier: Apache-2.0
"""The shell of a Linux guest on its console.

Only a shell that shows its prompt listens: it changes the terminal's settings before that, and
Linux's driver empties the PL011's FIFOs where the settings change, whatever was typed by then."""

import time

# What a VM's UART holds for a guest that does not get to read it is 1,024 bytes (docs/design/vuart.md),
# and no flow control tells whoever types: what is longer is typed in pieces, as a person would.
PIECE = 100
PAUSE = 0.2  # seconds
PLINTH = "plinth: "
SHOWN_AGAIN = 160  # bytes of an unfinished line (docs/design/console.md)


def type_in(machine, line):
    for start in range(0, len(line), PIECE):
        if start:
            time.sleep(PAUSE)
        machine.send(line[start : start + PIECE])


def expect_prompt(machine, name="guest", timeout=60):
    machine.expect(rf"{name}# ", timeout)


def ask(machine, command, name="guest", mark="", timeout=60):
    """What a command prints. From prompt to prompt; `mark` stands before each line on the
    machine's console, where several guests share it."""
    type_in(machine, f"echo start-$((6 * 7)); {command}; echo end-$((6 * 7))\n")
    found = machine.expect(rf"^{mark}start-42\n((?s:.*?))^{mark}end-42$", timeout)
    expect_prompt(machine, name)
    return found.group(1)


def own_lines(text, mark):
    """The lines that begin with `mark`, without it. One that Plinth's own came into stands above them
    as far as it had come, and goes on below them behind its beginning, which is shown again. Another
    guest's wait for a line's end, or nearly: two lines around them are two, though they be alike."""
    own = []
    is_cut = False
    for line in text.splitlines():
        if not line.startswith(mark):
            is_cut |= line.startswith(PLINTH)
            continue
        line = line.removeprefix(mark)
        before = own[-1][:SHOWN_AGAIN] if own and is_cut else ""
        if before and line.startswith(before):
            line = own.pop() + line.removeprefix(before)
        own.append(line)
        is_cut = False
    return own
