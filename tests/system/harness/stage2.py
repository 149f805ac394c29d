# SPDX-License-Identifier: Apache-2.0
"""A guest's stage-2 tables as they lie in the memory of a machine that stands still: 4 KiB granule,
start at level 1 with a concatenated root (DDI 0487, D8.3; core/s2/include/s2/s2_pte.h)."""

import struct
from dataclasses import dataclass

KIB = 1 << 10
PAGE = 4 * KIB
BLOCK = 2 << 20
GIB = 1 << 30
SIZES = {1: GIB, 2: BLOCK, 3: PAGE}
ROOT_PAGES_MAX = 2  # 40 bits of guest address, 1 GiB an entry

VALID = 1 << 0
TABLE_OR_PAGE = 1 << 1
MEMATTR_DEVICE = 0x1
WRITE = 1 << 7
ADDRESS = (1 << 48) - PAGE
XN = 1 << 54
WRITTEN = 1 << 57


@dataclass(frozen=True)
class Leaf:
    """One valid leaf: what it maps, and how."""

    ipa: int
    pa: int
    size: int
    writable: bool
    executable: bool
    written: bool  # by somebody other than the guest, since the last maintenance
    device: bool


def leaves(machine, root, ipa_bits=40):
    """All leaves below the table at the physical address `root`, by address."""
    entries = 1 << (ipa_bits - 30)
    return list(walk(machine, root, 1, 0, entries))


def walk(machine, table, level, ipa, entries=512):
    raw = machine.read_physical(table, entries * 8)
    for index, entry in enumerate(struct.unpack(f"<{entries}Q", raw)):
        start = ipa + index * SIZES[level]
        if not entry & VALID:
            continue
        if level < 3 and entry & TABLE_OR_PAGE:
            yield from walk(machine, entry & ADDRESS, level + 1, start)
        else:
            yield leaf_of(entry, start, SIZES[level])


def leaf_of(entry, ipa, size):
    return Leaf(
        ipa=ipa,
        pa=entry & ADDRESS & ~(size - 1),
        size=size,
        writable=bool(entry & WRITE),
        executable=not entry & XN,
        written=bool(entry & WRITTEN),
        device=(entry >> 2) & 0xF == MEMATTR_DEVICE,
    )


def at(found, ipa):
    """The leaf that maps `ipa`, or None."""
    return next((leaf for leaf in found if leaf.ipa <= ipa < leaf.ipa + leaf.size), None)
