#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Headers: each compiles alone, for the host and for aarch64, with what its module may include;
its guard is MODULE_FILE_H; a source includes its own header first; SPDX opens every file."""

import json
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sources
from sources import ROOT

SPDX = "SPDX-License-Identifier: Apache-2.0"
BUILDS = {"host": "host-clang", "aarch64": "gcc"}
INCLUDE = re.compile(r'^#include ["<]([^">]+)[">]', re.M)
GUARD = re.compile(r"^#ifndef (\w+)\n#define \1\n", re.M)
MACRO = re.compile(r"^\s*\.macro\b", re.M)  # a header for assembly
QUIET = ["-Wno-unused-macros", "-Wno-unused-function", "-Wno-unused-const-variable", "-Wno-pragma-once-outside-header"]


def main():
    headers = sources.files("*.h")
    complaints = licence_complaints() + order_complaints(headers)
    for header in headers:
        complaints += guard_complaints(header)
    for target, build in BUILDS.items():
        complaints += compile_complaints(headers, target, ROOT / "build" / build)
    sources.finish(complaints)


def licence_complaints():
    paths = sources.files("*.c", "*.h", "*.S", "*.def", "*.py", "*.dts", "*.lds*", "*.sh")
    first_lines = {path: sources.text(path).split("\n", 2)[:2] for path in paths}
    return [
        f"{path}:1: no '{SPDX}'"
        for path, lines in first_lines.items()
        if not any(SPDX in line for line in lines)
    ]


def module_folder(path):
    """The module that a file belongs to: the folder above include/, src/ or tests/."""
    parts = path.parts
    for index, part in enumerate(parts):
        if part in ("include", "src", "tests", "fuzz"):
            return Path(*parts[:index])
    return path.parent


def guard_complaints(header):
    match = GUARD.search(sources.text(header))
    if not match:
        return [f"{header}: no include guard"]
    stem = re.sub(r"\W", "_", header.stem).upper()
    is_public = "include" in header.parts
    owner = (header.parent if is_public else module_folder(header)).name.upper()
    right = {f"{owner}_{stem}_H"}
    if not is_public and stem.startswith(owner.removeprefix("PLINTH_")):
        right.add(f"{stem}_H")
    if "tests" in header.parts:
        return [] if match.group(1).endswith(f"{stem}_H") else [f"{header}: guard {match.group(1)}"]
    return [] if match.group(1) in right else [f"{header}: guard is not {min(right)}"]


def order_complaints(headers):
    complaints = []
    for source in sources.files("*.c"):
        folder = module_folder(source)
        own = [h for h in headers if h.stem == source.stem and module_folder(h) == folder]
        includes = INCLUDE.findall(sources.text(source))
        if own and (not includes or not includes[0].endswith(own[0].name)):
            complaints.append(f"{source}: does not include {own[0].name} first")
    return complaints


def compile_complaints(headers, target, build):
    database = build / "compile_commands.json"
    if not database.exists():
        return [f"{database.relative_to(ROOT)} is missing: ./plinth test checks makes it"]
    commands = [
        (Path(entry["file"]).relative_to(ROOT), shlex.split(entry["command"]))
        for entry in json.loads(database.read_text())
        if entry["file"].endswith(".c") and Path(entry["file"]).is_relative_to(ROOT)
    ]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda header: compile_alone(header, target, commands), headers)
    return [complaint for complaint in found if complaint]


def compile_alone(header, target, commands):
    other = {"host": "aarch64", "aarch64": "fake"}[target]
    is_hosts_own = "tests" in header.parts or "fuzz" in header.parts
    if other in header.parts or (is_hosts_own and target == "aarch64"):
        return None
    first_failure = None
    for wording in commands_for(header, commands):
        failure = compile_as(header, wording)
        if not failure:
            return None  # one source that can include it is enough
        first_failure = first_failure or failure
    return first_failure and f"{header} ({target}): does not compile alone\n{first_failure}"


def compile_as(header, command):
    """What the compiler says about the header alone, with the options of this command."""
    language = "assembler-with-cpp" if MACRO.search(sources.text(header)) else "c"
    compiler = [word for word in command[: command.index("-o")] if word != "-c"]
    alone = [*compiler, *QUIET, "-fsyntax-only", "-x", language, str(ROOT / header)]
    done = subprocess.run(
        alone, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return done.stderr if done.returncode else ""


def commands_for(header, commands):
    """How sources of the same module are compiled, each wording once: a test may see more than its
    neighbour. Else one that may include the header. None where this target compiles neither."""
    folder = module_folder(header)
    wordings = {}
    for source, command in commands:
        if module_folder(source) == folder and ("tests" in source.parts) == (
            "tests" in header.parts
        ):
            wordings.setdefault(tuple(command[: command.index("-o")]), command)
    if wordings:
        return list(wordings.values())
    root = ROOT / header.parents[1] if "include" in header.parts else None
    return [command for _, command in commands if f"-I{root}" in command][:1]


if __name__ == "__main__":
    main()
