# SPDX-License-Identifier: Apache-2.0
"""Plinth at EL2, stopped by the gdbstub: where its parts are, and how an exception enters it."""

import re
import subprocess

from harness import translation
from plinth.paths import BUILD

CORE = BUILD / "gcc" / "core.elf"
MARK = 0x5CA1AB1E0000  # tests/payload/mark.h

# Offsets of its vectors, and numbers of the general registers in MSR and MRS.
VECTOR_EL2_SERROR = 0x380
VECTOR_GUEST_SYNC = 0x400
VECTOR_GUEST_SERROR = 0x580
MSR_ESR_EL2_X0 = 0xD51C5200
TLBI_VMALLS12E1IS = 0xD50C83DF
DSB_SY = 0xD5033F9F
ISB = 0xD5033FDF

TTBR_ADDRESS = 0x0000_FFFF_FFFF_FFFE
VTCR_SL0_SHIFT = 6


class El2:
    """What a test asks of Plinth through `stub`."""

    def __init__(self, stub):
        self.stub = stub
        text = subprocess.run(
            ["aarch64-linux-gnu-nm", CORE], capture_output=True, check=True, text=True
        ).stdout
        found = re.findall(r"^([0-9a-f]{16}) \w (\w+)$", text, re.M)
        self._symbols = {name: int(address, 16) for address, name in found}

    def __getitem__(self, symbol):
        return self._symbols[symbol]

    def run_to(self, symbol):
        """Until a CPU is about to execute the function's first instruction; which CPU."""
        return self.stub.run_to(self[symbol])

    def run_to_mark(self, number):
        """Until a payload comes to mark(number) and its CPU is at the vector of that exit: all
        registers are the guest's still. Which CPU."""
        entry = self["exits_vectors"] + VECTOR_GUEST_SYNC
        return self.stub.run_to(entry, lambda: self.stub.read("x0") == MARK + number)

    def enter_vector(self, cpu, offset, syndrome):
        """As the CPU does it: only ESR_EL2 and the PC are not yet what this exception makes them;
        ELR_EL2 and SPSR_EL2 are, from the exception where the CPU stands."""
        self.stub.execute(cpu, [MSR_ESR_EL2_X0], x0=syndrome)
        self.stub.write("pc", self["exits_vectors"] + offset)

    def _root(self):
        return self.stub.read("ttbr0_el2") & TTBR_ADDRESS

    def tables(self):
        """Every leaf of EL2's own tables."""
        return list(translation.leaves(self.stub.read_physical, self._root()))

    def physical(self, address):
        """Where an address of EL2 leads."""
        leaf = translation.find(self.stub.read_physical, self._root(), address)
        return leaf.output + address % leaf.size

    def stage2_leaf(self, ipa):
        """Of the VM that was on the selected CPU last."""
        level = 2 - (self.stub.read("vtcr_el2") >> VTCR_SL0_SHIFT & 3)
        root = self.stub.read("vttbr_el2") & TTBR_ADDRESS
        return translation.find(self.stub.read_physical, root, ipa, level)

    def replace_stage2(self, cpu, leaf, output):
        """The leaf shows what lies at `output` from now on."""
        address_bits = translation.ADDRESS & ~(leaf.size - 1)
        descriptor = leaf.descriptor & ~address_bits | output
        self.stub.write_physical(leaf.at, descriptor.to_bytes(8, "little"))
        self.stub.execute(cpu, [DSB_SY, TLBI_VMALLS12E1IS, DSB_SY, ISB])
