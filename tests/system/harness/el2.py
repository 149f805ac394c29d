# SPDX-License-Identifier: Apache-2.0
"""Plinth at EL2, stopped by the gdbstub: where its parts are, and how an exception enters it."""

import re
import subprocess

from harness import translation
from plinth.paths import BUILD

CORE = BUILD / "gcc" / "core.elf"
MARK = 0x5CA1AB1E0000  # tests/payload/mark.h
MARKS = 0x100

# Its tables of vectors, by what they do about branch predictors; offsets in each; and numbers of the
# general registers in MSR and MRS.
VECTORS = ("exits_vectors", "exits_vectors_history", "exits_vectors_firmware")
VECTOR_EL2_SERROR = 0x380
VECTOR_GUEST_SYNC = 0x400
VECTOR_GUEST_IRQ = 0x480
VECTOR_GUEST_SERROR = 0x580
MSR_ESR_EL2_X0 = 0xD51C5200
MSR_ELR_EL2_X0 = 0xD51C4020
TLBI_VMALLS12E1IS = 0xD50C83DF
DSB_SY = 0xD5033F9F
ISB = 0xD5033FDF

GENERAL = [f"x{i}" for i in range(31)]
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

    def vectors(self):
        """The table that the selected CPU goes by while guests run, one for each defence against
        trained branch predictors. A CPU that has not got that far yet is let run up to it."""
        tables = [self[name] for name in VECTORS]
        if self.stub.read("vbar_el2") not in tables:
            self.run_to("guest_resume")
        return self.stub.read("vbar_el2")

    def run_to_mark(self):
        """Until a payload comes to a mark and its CPU is at the vector of that exit, where all
        registers are the guest's still. (the CPU, the number of the mark)"""

        def number():
            return self.stub.read("x0") - MARK

        entry = self.vectors() + VECTOR_GUEST_SYNC
        cpu = self.stub.run_to(entry, lambda: 0 <= number() < MARKS)
        return cpu, number()

    def enter_vector(self, cpu, offset, syndrome, elr=None):
        """As the CPU does it for an exception with this syndrome. From a mark ELR_EL2 and SPSR_EL2
        are what they would be: the error came just before the instruction there."""
        self.stub.execute(cpu, [MSR_ESR_EL2_X0], x0=syndrome)
        if elr is not None:
            self.stub.execute(cpu, [MSR_ELR_EL2_X0], x0=elr)
        self.stub.write("pc", self.vectors() + offset)

    def _root(self):
        return self.stub.read("ttbr0_el2") & TTBR_ADDRESS

    def tables(self):
        """Every leaf of EL2's own tables."""
        return list(translation.leaves(self.stub.read_physical, self._root()))

    def physical(self, address):
        """Where an address of EL2 leads."""
        leaf = translation.find(self.stub.read_physical, self._root(), address)
        assert leaf.is_valid, f"{address:#x} is not mapped at EL2"
        return leaf.output + address % leaf.size

    def stage2_leaf(self, ipa):
        """Of the VM that was on the selected CPU last."""
        level = 2 - (self.stub.read("vtcr_el2") >> VTCR_SL0_SHIFT & 3)
        root = self.stub.read("vttbr_el2") & TTBR_ADDRESS
        return translation.find(self.stub.read_physical, root, ipa, level)

    def write_stage2(self, cpu, descriptors):
        """{where it lies: descriptor} for the VM that is on this CPU."""
        for at, descriptor in descriptors.items():
            self.stub.write_physical(at, descriptor.to_bytes(8, "little"))
        self.stub.execute(cpu, [DSB_SY, TLBI_VMALLS12E1IS, DSB_SY, ISB])

    def asks(self, cpu, function, *arguments):
        """What a predicate of the core answers, called on this CPU, which stands in C. ESR_EL2 is
        put back, too: the CPU may not have read it yet, and an AT that aborts loses it."""
        syndrome = self.stub.read("esr_el2")
        kept = {name: self.stub.read(name) for name in (*GENERAL, "pc")}
        values = {f"x{i}": value for i, value in enumerate(arguments)}
        for name, value in {**values, "x30": kept["pc"], "pc": self[function]}.items():
            self.stub.write(name, value)
        assert self.stub.run_to(kept["pc"]) == cpu
        answer = bool(self.stub.read("x0") & 0xFF)
        for name, value in kept.items():
            self.stub.write(name, value)
        if self.stub.read("esr_el2") != syndrome:
            self.stub.execute(cpu, [MSR_ESR_EL2_X0], x0=syndrome)
        return answer
