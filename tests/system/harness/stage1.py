# SPDX-License-Identifier: Apache-2.0
"""A guest's stage-1 tables, walked in the memory of a machine that stands still, by the registers
that its vCPU has: every granule and size (DDI 0487, D8). What a scan finds is compared with this,
which shares nothing with it."""

import bisect
import struct
from dataclasses import dataclass

from harness import stage2

KIND_TABLE_OR_PAGE, KIND_BLOCK = 3, 1
LAST_LEVEL = 3
OUTPUT = 0x0000_FFFF_FFFF_F000
TTBR_TABLE = 0x0000_FFFF_FFFF_FFFE
RAM_BASE = 0x4000_0000
SMALLEST = 4096

ATTRIBUTES = {
    0xFF: "wb",
    0xBB: "wt",
    0x44: "nc",
    0xF0: "tagged",
    0x00: "nGnRnE",
    0x04: "nGnRE",
    0x08: "nGRE",
    0x0C: "GRE",
}
SHARES = ("ns", "sh1", "os", "is")
ALL = (1 << 64) - 1


class GuestMemory:
    """A VM's RAM by the guest's own addresses, as its stage 2 has it."""

    def __init__(self, machine, root, size):
        self._machine = machine
        self._leaves = stage2.leaves(machine, root)
        self._starts = [leaf.ipa for leaf in self._leaves]
        self.size = size

    def read(self, ipa, size):
        """Bytes, or None where the guest has no memory. A page of RAM that nobody has touched yet
        is zeroes."""
        assert ipa // SMALLEST == (ipa + size - 1) // SMALLEST
        leaf = self._leaf(ipa)
        if leaf and not leaf.device:
            return self._machine.read_physical(leaf.pa + ipa - leaf.ipa, size)
        return bytes(size) if RAM_BASE <= ipa < RAM_BASE + self.size else None

    def _leaf(self, ipa):
        index = bisect.bisect(self._starts, ipa) - 1
        if index < 0:
            return None
        leaf = self._leaves[index]
        return leaf if ipa < leaf.ipa + leaf.size else None


@dataclass(frozen=True)
class Registers:
    sctlr: int
    tcr: int
    mair: int
    ttbr0: int
    ttbr1: int

    @property
    def mmu_on(self):
        return bool(self.sctlr & 1)

    def half(self, number):
        """(page bits, address bits, table, is walked, has hierarchical permissions) of half 0, 1."""
        if number == 0:
            page = {0: 12, 1: 16, 2: 14}[self.tcr >> 14 & 3]
            disabled, flat, size = self.tcr >> 7 & 1, self.tcr >> 41 & 1, self.tcr & 63
        else:
            page = {1: 14, 2: 12, 3: 16}[self.tcr >> 30 & 3]
            disabled, flat, size = self.tcr >> 23 & 1, self.tcr >> 42 & 1, self.tcr >> 16 & 63
        table = (self.ttbr1 if number else self.ttbr0) & TTBR_TABLE
        return page, 64 - size, table, not disabled, not flat


@dataclass(frozen=True)
class Rights:
    """What the tables above take away, as their bits add up."""

    read_only: int = 0
    no_el0: int = 0
    pxn: int = 0
    uxn: int = 0

    def below(self, table):
        return Rights(
            read_only=self.read_only | table >> 62 & 1,
            no_el0=self.no_el0 | table >> 61 & 1,
            uxn=self.uxn | table >> 60 & 1,
            pxn=self.pxn | table >> 59 & 1,
        )


@dataclass(frozen=True)
class Piece:
    """A leaf, or what several that follow each other have in common."""

    start: int
    last: int
    output: int | None  # None: the access flag is clear
    kind: tuple  # all that must be the same for two to be one
    sizes: frozenset


class Walk:
    def __init__(self, memory, registers):
        self.memory = memory
        self.registers = registers

    def leaves(self, first=0, last=ALL):
        """Every leaf that touches [first, last]."""
        for number in (0, 1):
            page, bits, table, is_walked, has_rights = self.registers.half(number)
            if not is_walked:
                continue
            base = 0 if number == 0 else (1 << 64) - (1 << bits)
            per_level = page - 3
            levels = -(-(bits - page) // per_level)
            entries = 1 << (bits - page - (levels - 1) * per_level)
            yield from self._table(
                table, entries, 4 - levels, base, page, Rights(), has_rights, first, last
            )

    def _table(self, table, entries, level, base, page, rights, has_rights, first, last):
        span = 1 << page + (LAST_LEVEL - level) * (page - 3)
        low = max(0, (first - base) // span)
        high = min(entries - 1, (last - base) // span)
        for index, entry in self._entries(table, low, high):
            start = base + index * span
            is_block = level == 2 or (level == 1 and page == 12)
            if entry & 3 == KIND_TABLE_OR_PAGE and level < LAST_LEVEL:
                below = rights.below(entry) if has_rights else rights
                yield from self._table(
                    entry & OUTPUT & ~((1 << page) - 1),
                    1 << page - 3,
                    level + 1,
                    start,
                    page,
                    below,
                    has_rights,
                    first,
                    last,
                )
            elif entry & 3 == (KIND_TABLE_OR_PAGE if level == LAST_LEVEL else KIND_BLOCK) and (
                level == LAST_LEVEL or is_block
            ):
                yield self._piece(entry, start, span, rights)

    def _entries(self, table, low, high):
        """(index, entry) from low to high, read by whole pages of memory; none of a page that is
        not there."""
        index = low
        while index <= high:
            at = table + index * 8
            count = min(high - index + 1, (SMALLEST - at % SMALLEST) // 8)
            raw = self.memory.read(at, count * 8)
            if raw:
                for offset, entry in enumerate(struct.unpack(f"<{count}Q", raw)):
                    if entry & 1:
                        yield index + offset, entry
            index += count

    def _piece(self, entry, start, span, rights):
        el0 = bool(entry >> 6 & 1) and not rights.no_el0
        writable = not entry >> 7 & 1 and not rights.read_only
        wxn = bool(self.registers.sctlr >> 19 & 1) and writable
        pxn = entry >> 53 & 1 or rights.pxn or (writable and el0) or wxn
        uxn = entry >> 54 & 1 or rights.uxn or (wxn and el0)
        attribute = self.registers.mair >> 8 * (entry >> 2 & 7) & 0xFF
        share = entry >> 8 & 3
        if attribute & 0xF0 == 0 or attribute == 0x44:
            share = 2  # Device and Non-cacheable memory is outer shareable (DDI 0487, D19.2, PAR)
        accessed = bool(entry >> 10 & 1)
        kind = (el0, writable, not pxn, not uxn, attribute, share) if accessed else ("no-af",)
        output = entry & OUTPUT & ~(span - 1) if accessed else None
        return Piece(start, start + span - 1, output, kind, frozenset([span]))


def lines(pieces, view="el1", exec_too=False, first=0, last=ALL):
    """What `scan` is to print of these leaves."""
    found = []
    for piece in pieces:
        if view == "el0" and piece.output is not None and not piece.kind[0]:
            continue
        # Where EL0 may not look, or execution is not asked for, pieces do not differ by it.
        kind = shown_kind(piece, view, exec_too)
        piece = cut(piece, kind, first, last)
        before = found[-1] if found else None
        if before and before.last + 1 == piece.start and before.kind == kind:
            found[-1] = joined(before, piece)
        else:
            found.append(piece)
    return [line(piece, view, exec_too) for piece in found]


def shown_kind(piece, view, exec_too):
    if piece.output is None:
        return piece.kind
    el0, writable, x1, x0, attribute, share = piece.kind
    return (
        el0 if view != "el1" else None,
        writable,
        x1 if exec_too else None,
        x0 if exec_too else None,
        attribute,
        share,
    )


SCATTERED = -1


def cut(piece, kind, first, last):
    start = max(piece.start, first)
    output = None if piece.output is None else piece.output + start - piece.start
    return Piece(start, min(piece.last, last), output, kind, piece.sizes)


def joined(a, b):
    output = a.output
    if output not in (None, SCATTERED) and b.output != output + (b.start - a.start):
        output = SCATTERED
    return Piece(a.start, b.last, output, a.kind, a.sizes | b.sizes)


def permissions(asked, writable, executable):
    read_write = "??" if not asked else "rw" if writable else "r-"
    return read_write + ("?" if executable is None else "x" if executable else "-")


def line(piece, view, exec_too):
    span = f"{piece.start:016x}-{piece.last:016x}"
    if piece.output is None:
        for_el1, for_el0 = ("??" if view == not_asked else "--" for not_asked in ("el0", "el1"))
        return f"{span} {for_el1}?/{for_el0}? unknown ? ? no-af"
    el0, writable, x1, x0, attribute, share = piece.kind
    for_el0 = permissions(view != "el1", writable, x0) if el0 or view == "el1" else "--" + (
        "?" if x0 is None else "x" if x0 else "-"
    )
    for_el1 = permissions(view != "el0", writable, x1)
    place = "scattered" if piece.output == SCATTERED else f"{piece.output:016x}"
    name = ATTRIBUTES.get(attribute, f"attr-{attribute:02x}")
    sizes = ",".join(size_text(size) for size in sorted(piece.sizes))
    return f"{span} {for_el1}/{for_el0} {place} {name} {SHARES[share]}" + (
        f" {sizes}" if exec_too else ""
    )


def size_text(size):
    for unit in "BKMGT":
        if size < 1024:
            return f"{size}{unit}"
        size >>= 10
    raise AssertionError(size)
