# SPDX-License-Identifier: Apache-2.0
"""cmake/relocations.py: what it packs is unpacked as boot_relocate does (boot/main/src/head.S), by
code of this file alone, and compared; and an ELF file made here, each pointer of which is looked
at."""

import random
import struct
import sys

import pytest
from plinth.paths import ROOT

sys.path.insert(0, str(ROOT / "cmake"))
import relocations  # noqa: E402

ROOM = 4  # words between boot_lds_relr and boot_lds_relr_end
LIST = 0x40
SIZE = 0x1000
RELATIVE = 1027
ABS64 = 257


def unpacked(words):
    """The offsets, in the order in which boot_relocate adds to them."""
    offsets = []
    here = None
    for word in words:
        if word % 2 == 0:
            offsets.append(word)
            here = word + 8
            continue
        offsets += [here + 8 * i for i in range(63) if word >> (i + 1) & 1]
        here = None if here is None else here + 8 * 63
    return offsets


@pytest.mark.parametrize(
    ("offsets", "words"),
    [
        ([], 0),
        ([0], 1),
        ([0x1000, 0x1008], 2),
        ([0, 63 * 8], 2),  # the last one that a bit behind it stands for
        ([0, 64 * 8], 2),  # 63 words of nothing: an address of its own
        ([0, 8, 64 * 8], 3),  # a second word of bits goes on where the first ends
        ([0, 8, 126 * 8], 3),  # the last of its bits
        ([0, 8, 127 * 8], 3),  # one further
        ([8 * i for i in range(1 + 63 + 63)], 3),
        ([8 * i for i in range(1 + 63 + 63 + 1)], 4),
        ([8, 1 << 20, (1 << 20) + 8], 3),
    ],
)
def test_what_is_packed_is_unpacked(offsets, words):
    backwards = list(reversed(offsets))
    assert unpacked(relocations.packed(backwards)) == offsets
    assert len(relocations.packed(offsets)) == words
    assert backwards == list(reversed(offsets)), "the caller's list is as it was"


def test_any_set_of_pointers():
    chance = random.Random(1)
    for _ in range(200):
        reach = chance.choice([64, 200, 5000])
        count = chance.randrange(64)
        offsets = sorted(chance.sample(range(reach), count))
        assert unpacked(relocations.packed([8 * i for i in offsets])) == [8 * i for i in offsets]


def elf(rows):
    """An ELF file with these rows of .rela.dyn, and the symbols of a list of ROOM words at LIST."""
    symbol_names = b"\0boot_lds_relr\0boot_lds_relr_end\0"
    symbols = struct.pack("<IBBHQQ", 1, 0, 0, 0, LIST, 0)
    symbols += struct.pack("<IBBHQQ", 15, 0, 0, 0, LIST + 8 * ROOM, 0)
    names = b"\0.rela.dyn\0.strtab\0.symtab\0.shstrtab\0"
    contents = [
        (b".rela.dyn", b"".join(struct.pack("<QQq", *row) for row in rows)),
        (b".strtab", symbol_names),
        (b".symtab", symbols),
        (b".shstrtab", names),
    ]
    body = b""
    headers = bytes(64)
    for name, content in contents:
        place = names.index(b"\0" + name + b"\0") + 1, 0, 0, 0, 64 + len(body), len(content)
        headers += struct.pack("<IIQQQQIIQQ", *place, 0, 0, 8, 0)
        body += content
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF", 3, 183, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64, 5, 4
    )
    return relocations.Elf(header + body + headers)


def words_of(image, offset, count):
    return list(struct.unpack_from(f"<{count}Q", image, offset))


def test_an_image_has_its_pointers_and_their_list():
    rows = [(0x208, RELATIVE, 0x700), (0x100, RELATIVE, 0x80), (0x200, RELATIVE, SIZE)]
    before = bytes([0xEE]) * SIZE
    image = relocations.relocated(elf(rows), before)
    words = words_of(image, LIST, ROOM)
    assert unpacked(words) == [0x100, 0x200, 0x208]
    assert words[-1] == 1, "a word of the list that is not used has no pointer"
    assert words_of(image, 0x100, 1) == [0x80]
    assert words_of(image, 0x200, 2) == [SIZE, 0x700]
    touched = {*range(LIST, LIST + 8 * ROOM), *range(0x100, 0x108), *range(0x200, 0x210)}
    assert len(image) == SIZE
    assert all(image[i] == 0xEE for i in range(SIZE) if i not in touched)


def test_an_image_without_pointers():
    image = relocations.relocated(elf([]), bytes(SIZE))
    assert words_of(image, LIST, ROOM) == [1] * ROOM
    assert unpacked([1] * ROOM) == []


def test_a_full_list():
    rows = [(0x400 * i, RELATIVE, i) for i in range(1, ROOM + 1)]
    image = relocations.relocated(elf(rows), bytes(SIZE + 0x400))
    assert unpacked(words_of(image, LIST, ROOM)) == [row[0] for row in rows]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([(0x104, RELATIVE, 0)], "0x104: type 1027"),  # no word: a bit cannot stand for it
        ([(0x101, RELATIVE, 0)], "0x101: type 1027"),  # it would be taken for bits
        ([(0x100, ABS64, 0)], "0x100: type 257"),
        ([(0x100, 5 << 32 | RELATIVE, 0)], "is not a pointer"),  # of a symbol
        ([(0x400 * i, RELATIVE, i) for i in range(1, ROOM + 2)], "5 words do not fit into the 4"),
    ],
)
def test_what_cannot_be_packed_fails_the_build(rows, says):
    with pytest.raises(SystemExit, match=says):
        relocations.relocated(elf(rows), bytes(2 * SIZE))
