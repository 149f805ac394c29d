#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Nobody writes guest memory past the door (core/gmem), where execute permission is taken off first.

EL2 reaches memory by a pointer, and a pointer to memory comes from few places: pa_to_va(), a cast
from an integer, or an instruction that takes an address; and a guest's page is found through its
stage 2. Who does any of that stands in gmem_door.exceptions, with the reason why it is no guest's
memory that it writes, or why it may. boot/ is another program, which runs before any guest."""

import re

import sources

FOLDERS = ("core", "drivers", "lib", "arch")
HOST_FOLDERS = ("tests", "fuzz", "fake")
EXCEPTIONS = "gmem_door.exceptions"

WAYS = {
    r"\b(?:pa_to_va|gmem_va)\b": "turns a physical address into a pointer",
    r"\*\s*(?:const\s*)?\)\s*\(\s*u?int(?:ptr|64)_t\s*\)": "makes a pointer of a number",
    r"\barch_dc_(?:zva|ivac)\s*\(": "zeroes or drops memory by address",
    r"\bs2_(?:lookup|map|unmap|clear_step)\s*\(": "finds or maps guests' pages",
}


def main():
    allowed = sources.exceptions(EXCEPTIONS)
    used = set()
    complaints = []
    for path in sources.files("*.c", "*.h"):
        if path.parts[0] not in FOLDERS or any(part in HOST_FOLDERS for part in path.parts):
            continue
        found = ways(path)
        entry = entry_for(path, allowed)
        if entry and found:
            used.add(entry)
        elif not entry:
            complaints += found
    stale = [name for name in allowed if name not in used]
    complaints += [f"tools/check/{EXCEPTIONS}: {name}: nothing of the kind there" for name in stale]
    sources.finish(complaints)


def entry_for(path, allowed):
    """The exception of a file, or of its module's folder, which ends in a slash."""
    module = "/".join(path.parts[:2]) + "/"
    return next((name for name in (str(path), module) if name in allowed), None)


def ways(path):
    code = sources.code(path)
    found = []
    for pattern, what in WAYS.items():
        for match in re.finditer(pattern, code):
            number = code.count("\n", 0, match.start()) + 1
            found.append(f"{path}:{number}: {match.group()}: {what}: go through gmem, or say why not")
    return found


if __name__ == "__main__":
    main()
