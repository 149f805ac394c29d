#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Modules depend on their own layer or lower ones, without cycles. The layers are the table in
docs/architecture.md; boot/ and loader/ are a program of their own and use nothing of core/."""

import re
from pathlib import Path

import sources

LAYER_ROW = re.compile(r"^\| L(\d+) \| (.*?) \|", re.M)
NAMES = re.compile(r"`([\w/]+)`")
OTHER_PROGRAMS = ("boot", "loader", "guest", "tests")


def main():
    modules = sources.modules()
    layers = read_layers()
    complaints = []
    for module in modules.values():
        complaints += module_complaints(module, modules, layers)
    sources.finish(complaints + cycles(modules))


def read_layers():
    """Folder -> layer, as the table says it."""
    layers = {}
    for number, names in LAYER_ROW.findall(sources.text(Path("docs/architecture.md"))):
        for name in NAMES.findall(names):
            layers[Path(name)] = int(number)
    return layers


def layer_of(folder, layers):
    """The layer of a folder or of the nearest folder above it that has one."""
    for path in (folder, *folder.parents):
        if path in layers:
            return layers[path]
    return None


def module_complaints(module, modules, layers):
    place = f"{module.folder}/CMakeLists.txt: {module.name}"
    depends = [modules[name] for name in all_depends(module) if name in modules]
    if module.folder.parts[0] in OTHER_PROGRAMS:
        return [
            f"{place} depends on {other.folder}: core/ is another program"
            for other in depends
            if other.folder.parts[0] == "core"
        ]
    layer = layer_of(module.folder, layers)
    if layer is None:
        return [f"{place}: {module.folder} has no layer in docs/architecture.md"]
    return [
        f"{place} (L{layer}) depends on {other.folder}, which is above it"
        for other in depends
        if (layer_of(other.folder, layers) or 0) > layer
    ]


def all_depends(module):
    return [*module.depends, *module.public_depends]


def cycles(modules):
    """Modules that remain after taking away, again and again, those that depend on none left."""
    left = dict(modules)
    while True:
        free = [
            name
            for name, module in left.items()
            if not any(other in left for other in all_depends(module))
        ]
        if not free:
            break
        for name in free:
            del left[name]
    return [f"modules depend on each other in a circle: {', '.join(sorted(left))}"] if left else []


if __name__ == "__main__":
    main()
