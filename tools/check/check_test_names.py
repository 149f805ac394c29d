#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tests that docs/ name are there: `system/X::y` is tests/system/test_X.py's test_y, `X_test::y`
a test of the program X_test, whose sources the compilers' databases know (./plinth build host). A
name right behind such a one, after a comma or "and", is another test of the same program; `*` stands
for any letters."""

import json
import re
from functools import cache
from pathlib import Path

import sources

DATABASES = ("host", "host-clang")
MARKED = re.compile(r"`([^`]+)`")
SYSTEM = re.compile(r"system/(\w+)(?:::([\w*]+)(?:\[[^\]]*\])?)?")
UNIT = re.compile(r"(\w+_test|fuzz_\w+)(?:::([\w*]+))?")
BARE = re.compile(r"[a-z]\w*_[\w*]*")
LINK = re.compile(r"(?: \([^()`]*\))?(?:,| and|, and) ")
EXAMPLE = "system/X::y"  # of docs/status.md's first lines
OBJECT = re.compile(r"CMakeFiles/(\w+)\.dir/")
FUZZER = re.compile(r"plinth_fuzz\(\s*(\w+)")
FUNCTION = re.compile(r"^static void (?:test_)?(\w+)\(void \*\*\w+\)", re.M)


def main():
    tests = {**system_tests(), **unit_tests()}
    complaints = []
    for path in sources.files("docs/*.md", "docs/design/*.md"):
        for number, line in enumerate(sources.text(path).splitlines(), 1):
            complaints += [f"{path}:{number}: {text}" for text in wrong(line, tests)]
    sources.finish(complaints)


def system_tests():
    """system/X -> its tests' names."""
    found = {}
    for path in sources.files("tests/system/test_*.py"):
        names = re.findall(r"^def test_(\w+)", sources.text(path), re.M)
        found["system/" + path.stem.removeprefix("test_")] = set(names)
    return found


def unit_tests():
    """Program -> its tests' names, without "test_"; a fuzzer has none."""
    found = {}
    for path in sources.files("*CMakeLists.txt"):
        found.update((name, set()) for name in FUZZER.findall(sources.text(path)))
    for database in DATABASES:
        path = sources.ROOT / "build" / database / "compile_commands.json"
        for command in json.loads(path.read_text()) if path.exists() else []:
            program = OBJECT.search(command["output"] if "output" in command else command["command"])
            if program and UNIT.fullmatch(program.group(1)):
                names = found.setdefault(program.group(1), set())
                names |= functions(Path(command["file"]))
    return found


@cache
def functions(path):
    return set(FUNCTION.findall(path.read_text(encoding="utf-8"))) if path.exists() else set()


def wrong(line, tests):
    """What is wrong with the names in a line."""
    program, end = None, 0
    for match in MARKED.finditer(line):
        name, between = match.group(1), line[end : match.start()]
        end = match.end()
        reference = SYSTEM.fullmatch(name) or UNIT.fullmatch(name)
        test = name
        if reference and name != EXAMPLE:
            program, test = name.partition("::")[0], reference.group(2)
        elif not LINK.fullmatch(between) or not (BARE.fullmatch(name) or name in tests.get(program, ())):
            program = None
        if program and program not in tests:
            yield f"{program}: there are no such tests"
            program = None
        if program and test and not any(matches(test, known) for known in tests[program]):
            yield f"{program} has no test {test}"


def matches(pattern, name):
    return re.fullmatch(pattern.replace("*", ".*"), name)


if __name__ == "__main__":
    main()
