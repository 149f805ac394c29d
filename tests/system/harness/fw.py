# SPDX-License-Identifier: Apache-2.0
"""Plinth's UEFI firmware on QEMU's own board at EL1."""

import re

from plinth import esp, fw


def start_bare(start, folder, disks=(), kernel=None, initrd=None, bootargs="", **board):
    """A machine that the firmware boots: `disks` are paths of images, placed in RAM."""
    extra = [*fw.options(folder, disks, kernel, initrd, bootargs), *board.pop("extra", [])]
    settings = {"cpus": 1, "memory_mib": fw.MEMORY_MIB, "el2": False, "acpi": False, **board}
    return start(None, firmware=fw.FIRMWARE, extra=extra, **settings)


def write_disk(image, files, size, fat_bits):
    """A disk with an EFI system partition at the path `image`; files: {name in it: path, or text}."""
    paths = {}
    for name, content in files.items():
        if isinstance(content, str):
            path = image.parent / f"{image.name}-{len(paths)}"
            path.write_text(content)
            content = path
        paths[name] = content
    return esp.write_disk(image, paths, size, fat_bits)


def check_app(machine, name, timeout=90):
    """The test application passed all of its checks and powered off; returns the transcript."""
    machine.wait(timeout)
    text = machine.console.transcript
    found = re.search(rf"^{name}: (\d+) passed, 0 failed$", text, re.M)
    assert found and int(found.group(1)) > 0, text
    assert "FAIL" not in text
    return text
