#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each EL2 module's archive (gcc's build) needs only symbols of the modules that its CMakeLists.txt
names, so nothing of libc. Exceptions, with reasons: symbols.exceptions."""

import subprocess

import sources
from sources import ROOT

BUILD = ROOT / "build" / "gcc"
CORE_FOLDERS = ("core", "lib", "drivers", "arch")
# A compiler refers to these on its own account, from any module.
COMPILERS_OWN = {
    "memcpy", "memmove", "memset", "memcmp", "__stack_chk_fail", "__stack_chk_guard",
    "_GLOBAL_OFFSET_TABLE_",
}  # fmt: skip


def main():
    archives = {path.stem.removeprefix("lib"): path for path in BUILD.rglob("lib*.a")}
    if not archives:
        sources.finish([f"{BUILD.relative_to(ROOT)}: no archives; ./plinth build gcc"])
    defined = {name: symbols(path, "--defined-only") for name, path in archives.items()}
    modules = sources.modules()
    allowed = sources.exceptions("symbols.exceptions")
    complaints = []
    for name, module in sorted(modules.items()):
        if name not in archives or module.folder.parts[0] not in CORE_FOLDERS:
            continue
        visible = {name, *visible_from(module, modules)}
        known = COMPILERS_OWN.union(*(defined.get(other, set()) for other in visible))
        for symbol in sorted(symbols(archives[name], "--undefined-only") - known):
            if f"{name} {symbol}" not in allowed and f"* {symbol}" not in allowed:
                complaints.append(f"{module.folder}: {symbol}: {owner(symbol, defined)}")
    sources.finish(complaints)


def symbols(archive, which):
    listed = subprocess.run(
        ["aarch64-linux-gnu-nm", "-P", "-g", which, archive],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {line.split()[0] for line in listed.splitlines() if line and not line.endswith(":")}


def visible_from(module, modules):
    """What a module links: what it names, and what those have in their public headers."""
    found = set()
    ahead = [*module.depends, *module.public_depends]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += modules[name].public_depends if name in modules else []
    return found


def owner(symbol, defined):
    owners = [name for name, names in defined.items() if symbol in names]
    return f"is of {', '.join(owners)}, not in DEPENDS" if owners else "no module defines it"


if __name__ == "__main__":
    main()
