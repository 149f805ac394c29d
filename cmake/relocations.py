#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""relocations.py ELF IMAGE: writes into the image its pointers to itself as if it were loaded at its
link address, and between boot_lds_relr and boot_lds_relr_end the list of where they are, packed
(ELF gABI, "Relative Relocation Table"). They come from the ELF file's .rela.dyn, which is no part of
the image: GNU ld does not pack them for this machine, and what it makes instead takes 24 bytes each."""

import struct
import sys
from pathlib import Path

R_AARCH64_RELATIVE = 1027
WORD = 8
BITS = 63  # pointers that an odd word tells of
NOTHING = 1  # an odd word without a pointer

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
RELA = struct.Struct("<QQq")


class Elf:
    def __init__(self, data):
        self.data = data
        fields = HEADER.unpack_from(data)
        start, count, names = fields[6], fields[12], fields[13]
        rows = [SECTION.unpack_from(data, start + i * SECTION.size) for i in range(count)]
        table = self.bytes_of(rows[names])
        self.sections = {string_at(table, row[0]): row for row in rows}

    def bytes_of(self, row):
        return self.data[row[4] : row[4] + row[5]]

    def section(self, name):
        return self.bytes_of(self.sections[name])

    def symbols(self):
        """The values by name."""
        strings = self.section(".strtab")
        return {
            string_at(strings, row[0]): row[4] for row in SYMBOL.iter_unpack(self.section(".symtab"))
        }


def string_at(table, offset):
    return table[offset : table.index(b"\0", offset)].decode()


def packed(offsets):
    """An even word is a pointer's offset; an odd one has a bit for each of the 63 words behind."""
    words = []
    rest = sorted(offsets)
    while rest:
        here = rest.pop(0)
        words.append(here)
        here += WORD
        while True:
            bits = 0
            while rest and rest[0] < here + BITS * WORD and rest[0] % WORD == 0:
                bits |= 1 << (rest.pop(0) - here) // WORD
            if bits == 0:
                break
            words.append(bits << 1 | 1)
            here += BITS * WORD
    return words


def relocated(elf, image):
    """The image with its pointers, and the list of them."""
    image = bytearray(image)
    offsets = []
    for offset, info, addend in RELA.iter_unpack(elf.section(".rela.dyn")):
        if info != R_AARCH64_RELATIVE or offset % WORD != 0:
            sys.exit(f"relocations.py: 0x{offset:x}: type {info} is not a pointer to the image itself")
        struct.pack_into("<q", image, offset, addend)
        offsets.append(offset)
    symbols = elf.symbols()
    first, last = symbols["boot_lds_relr"], symbols["boot_lds_relr_end"]
    words = packed(offsets)
    room = (last - first) // WORD
    if len(words) > room:
        sys.exit(f"relocations.py: {len(words)} words do not fit into the {room} of boot.lds")
    words += [NOTHING] * (room - len(words))
    struct.pack_into(f"<{room}Q", image, first, *words)
    return bytes(image)


if __name__ == "__main__":
    path = Path(sys.argv[2])
    path.write_bytes(relocated(Elf(Path(sys.argv[1]).read_bytes()), path.read_bytes()))
