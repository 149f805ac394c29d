# SPDX-License-Identifier: Apache-2.0
"""Translation tables of the 4 KiB granule, as the CPU walks them (DDI 0487, D8.3)."""

import struct
from dataclasses import dataclass

PAGE = 4096
LAST_LEVEL = 3
VALID = 1
TABLE = 2  # at the last level the same bit says page
ADDRESS = 0x0000_FFFF_FFFF_F000


def level_size(level):
    return PAGE << 9 * (LAST_LEVEL - level)


@dataclass(frozen=True)
class Leaf:
    """Where a walk ends, mostly a block or page: what it translates, and to where."""

    address: int
    size: int
    descriptor: int
    at: int  # where the descriptor itself lies

    @property
    def is_valid(self):
        return bool(self.descriptor & VALID)

    @property
    def output(self):
        return self.descriptor & ADDRESS & ~(self.size - 1)

    def bit(self, number):
        return self.descriptor >> number & 1

    def field(self, low, width):
        return self.descriptor >> low & ((1 << width) - 1)


def leaves(read, table, level=0, address=0):
    """Every valid leaf below `table`, whose first entry translates `address`. read(physical
    address, size) gives bytes."""
    for index, (descriptor,) in enumerate(struct.iter_unpack("<Q", read(table, PAGE))):
        size = level_size(level)
        here = address + index * size
        if not descriptor & VALID:
            continue
        if level < LAST_LEVEL and descriptor & TABLE:
            yield from leaves(read, descriptor & ADDRESS, level + 1, here)
        else:
            yield Leaf(here, size, descriptor, table + index * 8)


def find(read, table, address, level=0):
    """Where the walk for one address ends, valid or not. It begins with a table of this level, or
    with several in a row, as stage 2 has them."""
    first = True
    while True:
        size = level_size(level)
        index = address // size if first else address // size % 512
        at = table + index * 8
        (descriptor,) = struct.unpack("<Q", read(at, 8))
        if not descriptor & VALID or level == LAST_LEVEL or not descriptor & TABLE:
            return Leaf(address & ~(size - 1), size, descriptor, at)
        first, table, level = False, descriptor & ADDRESS, level + 1
