#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What C sources do not contain. A line may be excused by its end: /* banned-ok: reason */"""

import re

import sources

# Pattern -> why not. They see code without comments and strings.
EVERYWHERE = {
    r"\b(strcpy|strcat|stpcpy|sprintf|vsprintf|gets)\s*\(": "no bound on what is written",
    r"\b(strncpy|strncat)\s*\(": "leaves strings unterminated; str_copy() in base/string.h",
    r"\b(atoi|atol|atoll|atof)\s*\(": "hides errors",
    r"\b(strtok|alloca)\s*\(": "hidden state, or the stack's end",
    r"__attribute__\s*\(\s*\(\s*_*weak": "weak symbols hide what is linked",
    r"^\s*#\s*pragma\s+once": "include guards, see check_headers.py",
}
SOURCES_ONLY = {
    # Unsized arrays are the names that a linker script defines.
    r"^extern\b(?![^;]*\[\])": "declare it in the owner's header",
}
CORE = {
    r"(?<![.>])\b(malloc|calloc|realloc|free)\s*\(": "no libc in EL2",
    r"(?<![.>])\b(printf|fprintf|puts|abort|exit|assert)\s*\(": "no libc in EL2",
    r"^#include <(stdio|stdlib|string|assert|errno)\.h>": "no libc in EL2",
    r"\b(float|double)\b": "no floating point in EL2",
}
NO_CLEAN = {
    r"\barch_dc_cva[cu]\b|\bdc\s+cva[cu]\b": "Cortex-A53 up to r0p2 wants DC CIVAC in its place; "
    "core/coh knows where it runs",
}
NO_CLEAN_FOLDERS = ("boot", "core", "drivers", "lib", "loader")
CORE_FOLDERS = ("core", "lib", "drivers", "arch")
HOST_FOLDERS = ("tests", "fuzz", "fake")
EXCUSE = re.compile(r"/\* banned-ok: \S.*\*/")
TODO = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))")


def main():
    complaints = []
    for path in sources.files("*.c", "*.h", "*.S"):
        complaints += banned(path) + open_ends(path)
    sources.finish(complaints)


def rules_for(path):
    rules = dict(EVERYWHERE)
    if path.suffix == ".c":
        rules.update(SOURCES_ONLY)
    is_host = any(part in HOST_FOLDERS for part in path.parts)
    if path.parts[0] in NO_CLEAN_FOLDERS or path.parts[:2] == ("guest", "fw"):
        if path.parts[:2] != ("core", "coh") and not is_host:
            rules.update(NO_CLEAN)
    if path.parts[0] in CORE_FOLDERS and not is_host and path.suffix != ".S":
        rules.update(CORE)
    return rules


def banned(path):
    lines = sources.text(path).splitlines()
    code = sources.code(path)
    found = []
    for pattern, reason in rules_for(path).items():
        for match in re.finditer(pattern, code, re.M):
            number = code.count("\n", 0, match.start()) + 1
            if not EXCUSE.search(lines[number - 1]):
                found.append(f"{path}:{number}: {match.group().strip()}: {reason}")
    return found


def open_ends(path):
    return [
        f"{path}:{number}: {match.group(1)} without an issue: write {match.group(1)}(#12)"
        for number, line in enumerate(sources.text(path).splitlines(), 1)
        if (match := TODO.search(line))
    ]


if __name__ == "__main__":
    main()
