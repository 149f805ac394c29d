#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each function of the images (gcc's build) with an array in its frame has a stack guard: the files
with such functions are named in cmake/stack_arrays.cmake."""

import re
import subprocess
from pathlib import Path

import sources
from sources import ROOT

BUILD = ROOT / "build" / "gcc"
IMAGES = ("core.elf", "boot/plinth/plinth.elf", "boot/mpboot/mpboot.elf")

ENTRY = re.compile(r"\s*<([0-9a-f]+)><([0-9a-f]+)>: Abbrev Number: \d+ \((\w+)\)")
ATTRIBUTE = re.compile(r"\s*<[0-9a-f]+>\s+DW_AT_(\w+)\s*:\s*(?:\(indirect[^)]*\): )?(.*)")
FUNCTION = re.compile(r"([0-9a-f]+) <(.*)>:$")
LEAVES = re.compile(r"\t(ret|b\t.*<([^+>]*))")
GUARD = "<__stack_chk_fail>"
REFERENCE = re.compile(r"<0x([0-9a-f]+)>")

SAME_TYPE = ("typedef", "const_type", "volatile_type")
MEMBERS = ("structure_type", "union_type")
BLOCKS = ("lexical_block", "inlined_subroutine")


class Entry:
    """Of the debug information: a function, a variable, a type."""

    def __init__(self, tag, unit):
        self.tag = tag.removeprefix("DW_TAG_")
        self.unit = unit  # the entry of its file; None: that is it
        self.attributes = {}
        self.children = []


class Program:
    def __init__(self, path):
        self.entries = {}
        self.array_types = {}
        self.read(output("readelf", "-wi", path))
        self.bare = set(bare_functions(output("objdump", "-d", path)))

    def read(self, lines):
        parents = []
        entry = None
        for line in lines:
            if found := ENTRY.match(line):
                depth = int(found.group(1), 16)
                del parents[depth:]
                entry = Entry(found.group(3), parents[0] if parents else None)
                self.entries[int(found.group(2), 16)] = entry
                if parents:
                    parents[-1].children.append(entry)
                parents.append(entry)
            elif entry and (found := ATTRIBUTE.match(line)):
                entry.attributes.setdefault(found.group(1), found.group(2).strip())

    def refers(self, entry, attribute):
        found = REFERENCE.match(entry.attributes.get(attribute, ""))
        return self.entries.get(int(found.group(1), 16)) if found else None

    def of_origin(self, entry, attribute):
        """The entry that has the attribute: an inlined function's refer to the function's own."""
        while entry and attribute not in entry.attributes:
            entry = self.refers(entry, "abstract_origin") or self.refers(entry, "specification")
        return entry

    def name(self, entry):
        named = self.of_origin(entry, "name")
        return named.attributes["name"] if named else "?"

    def file(self, function):
        path = Path(self.of_origin(function, "name").unit.attributes["name"])
        return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path

    def has_array(self, type_):
        """Is the type an array, or a struct with one?"""
        if type_ is None or type_.tag == "pointer_type":
            return False
        if type_ not in self.array_types:
            if type_.tag in SAME_TYPE:
                found = self.has_array(self.refers(type_, "type"))
            else:
                inside = type_.children if type_.tag in MEMBERS else ()
                found = type_.tag == "array_type" or any(
                    self.has_array(self.refers(member, "type")) for member in inside
                )
            self.array_types[type_] = found
        return self.array_types[type_]

    def arrays(self, block):
        """The variables in the frame that are or have arrays, of inlined functions too."""
        for child in block.children:
            if child.tag in BLOCKS:
                yield from self.arrays(child)
            elif child.tag == "variable" and "DW_OP_fbreg" in child.attributes.get("location", ""):
                typed = self.of_origin(child, "type")
                if typed and self.has_array(self.refers(typed, "type")):
                    yield self.name(child)

    def complaints(self):
        for function in self.entries.values():
            if function.tag == "subprogram" and "low_pc" in function.attributes:
                arrays = sorted(set(self.arrays(function)))
                if arrays and int(function.attributes["low_pc"], 16) in self.bare:
                    place = f"{self.file(function)}: {self.name(function)}"
                    yield f"{place}: no stack guard beside {', '.join(arrays)}"


def bare_functions(lines):
    """The addresses of those that return, or go on elsewhere, and look at no guard before."""
    start, name, leaves, guarded = 0, "", False, True
    for line in [*lines, "0 <>:"]:
        if found := FUNCTION.match(line):
            if leaves and not guarded:
                yield start
            start, name, leaves, guarded = int(found.group(1), 16), found.group(2), False, False
        elif GUARD in line:
            guarded = True
        elif found := LEAVES.search(line):
            leaves = leaves or found.group(2) != name


def output(tool, option, path):
    done = subprocess.run(
        [f"aarch64-linux-gnu-{tool}", option, path], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def main():
    paths = [path for image in IMAGES if (path := BUILD / image).exists()]
    if not paths:
        sources.finish([f"{BUILD.relative_to(ROOT)}: no images; ./plinth build gcc"])
    sources.finish(
        sorted({complaint for path in paths for complaint in Program(path).complaints()})
    )


if __name__ == "__main__":
    main()
