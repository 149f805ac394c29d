# SPDX-License-Identifier: Apache-2.0
"""What keeps EL2 and the VMs apart, on the tables of the running system: each wrong access of EL2
is made, by instructions that the debugger puts there, and the tables are walked as the CPU does."""

import re
from dataclasses import dataclass

import pytest
from harness.el2 import El2
from harness.vms import MIB, memory_property, vm_dts
from plinth.paths import BUILD

PANIC = 72
HELLO = BUILD / "payload" / "hello.elf"
PAGE = 4096
UART = 0x0900_0000
IMAGE = 0x8000_0000_0000  # hypmap/hypmap_layout.h
CPU_WINDOWS = 0x9000_0000_0000
CPU_STRIDE = 0x10000
GUARD_PAGES = (0x0, 0x1000, 0x2000, 0x3000, 0x8000, 0xA000, 0xC000, 0xD000, 0xE000, 0xF000)
RAM_BASE = 0x4000_0000
BOARD = {"cpus": 1, "memory_mib": 256}

LOAD = 0xF9400001  # ldr x1, [x0]
STORE = 0xF9000001  # str x1, [x0]
JUMP = 0xD61F0000  # br x0
PUSH = 0xF81F0FE0  # str x0, [sp, #-16]!
AGAIN = 0x17FFFFFF  # b .-4

# ESR_EL2: class, and the kind of fault in bits 5 to 2.
FETCH = 0x21
DATA = 0x25
TRANSLATION = 1
PERMISSION = 3


@pytest.fixture
def stopped(boot, make_bundle, stub):
    """stopped(**board): (machine, El2), at the first exit of a guest, on the CPU of that exit."""

    def start(**board):
        properties = ["vcpus = <1>", memory_property(64 * MIB), 'kernel = "payload.elf"']
        files = {"vm.dts": vm_dts(properties), "payload.elf": HELLO}
        machine = boot(make_bundle({"one": files}), extra=stub.options(), **board)
        stub.connect()
        el2 = El2(stub)
        el2.run_to("exits_sync")
        return machine, el2

    return start


@dataclass(frozen=True)
class Wrong:
    """An access that EL2 must not get through."""

    name: str
    instruction: int
    target: object  # its address, of an El2
    ec: int
    fault: int

    @property
    def words(self):
        """How the report calls it."""
        access = {LOAD: "read", STORE: "write", JUMP: "fetch"}[self.instruction]
        if self.fault == PERMISSION:
            return f"{access} without permission"
        return f"{access} {'to' if self.instruction == STORE else 'of'} what is not mapped"


def other_address(el2):
    """Where the map of all RAM would show code of the core."""
    return el2.physical(el2["exits_sync"] & ~7)


WRONGS = [
    Wrong("write_text", STORE, lambda el2: el2["exits_sync"] & ~7, DATA, PERMISSION),
    Wrong("write_rodata", STORE, lambda el2: el2["core_lds_rodata"], DATA, PERMISSION),
    Wrong("write_text_by_its_other_address", STORE, other_address, DATA, TRANSLATION),
    Wrong("execute_rodata", JUMP, lambda el2: el2["core_lds_rodata"], FETCH, PERMISSION),
    Wrong("execute_data", JUMP, lambda el2: el2["core_lds_data"], FETCH, PERMISSION),
    Wrong("execute_stack", JUMP, lambda el2: el2.stub.read("sp") - 16, FETCH, PERMISSION),
    Wrong("execute_guest_memory", JUMP, lambda _: RAM_BASE + 128 * MIB, FETCH, PERMISSION),
    Wrong("execute_device", JUMP, lambda _: UART, FETCH, PERMISSION),
    Wrong("read_null", LOAD, lambda _: 0, DATA, TRANSLATION),
    Wrong("call_null", JUMP, lambda _: 0, FETCH, TRANSLATION),
    Wrong("read_guard_page", LOAD, lambda _: CPU_WINDOWS + 0x8FF8, DATA, TRANSLATION),
]


@pytest.mark.panics
@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.name)
def test_el2_reports_its_own_faults(stopped, stub, wrong):
    machine, el2 = stopped(**BOARD)
    target, pc = wrong.target(el2), stub.read("pc")
    stub.write("x0", target)
    stub.write_memory(pc, wrong.instruction.to_bytes(4, "little"))
    stub.resume()
    assert machine.expect_exit(PANIC) == "panic"
    report = re.search(
        rf"^plinth: panic on CPU 0 at .*: exception at EL2 \(sync, {wrong.words}\): "
        r"esr 0x(\w+), pc 0x(\w+), far 0x(\w+), ",
        machine.console.transcript,
        re.M,
    )
    esr, reported_pc, far = (int(number, 16) for number in report.groups())
    assert (esr >> 26, esr >> 2 & 15) == (wrong.ec, wrong.fault)
    assert far == target
    assert reported_pc == (target if wrong.ec == FETCH else pc)
    if wrong.ec == DATA:
        assert bool(esr & 1 << 6) == (wrong.instruction == STORE)


@pytest.mark.panics
def test_el2_runs_off_its_stack(stopped, stub):
    machine, _ = stopped(**BOARD)
    pc = stub.read("pc")
    stub.write_memory(pc, PUSH.to_bytes(4, "little") + AGAIN.to_bytes(4, "little"))
    stub.resume()
    assert machine.expect_exit(PANIC) == "panic"
    end = CPU_WINDOWS + 0x4000  # SP stays where the store that fails has found it
    reports = re.findall(r"EL2's stack is gone .*", machine.console.transcript)
    assert reports == [f"EL2's stack is gone (sync): sp {end:#x}, pc {pc:#x}, far {end - 16:#x}"]


# Of a leaf (DDI 0487, D8.3.1): attribute index, read-only, not executable.
ATTRIBUTE, READ_ONLY, XN = 2, 7, 54
DEVICE, NORMAL = 0, 1
SCTLR_M, SCTLR_C, SCTLR_I, SCTLR_WXN = 1, 1 << 2, 1 << 12, 1 << 19


def check_leaves(el2, leaves, memory):
    """Every leaf is of one of the kinds that there are, and allows no more than that kind does."""
    pages = range(RAM_BASE, RAM_BASE + memory)
    code = range(el2["core_lds_text"], el2["core_lds_rodata"])
    constant = range(el2["core_lds_rodata"], el2["core_lds_data"])
    for leaf in leaves:
        where = f"{leaf.address:#x} {leaf.descriptor:#x}"
        writable, executable = not leaf.bit(READ_ONLY), not leaf.bit(XN)
        assert not (writable and executable), where
        assert leaf.address != 0
        if leaf.address < IMAGE:
            assert leaf.address == leaf.output, where
            is_ram = leaf.address in pages
            assert leaf.field(ATTRIBUTE, 3) == (NORMAL if is_ram else DEVICE), where
        assert executable == (leaf.address in code) or is_trampoline(el2, leaf), where
        if leaf.address in constant:
            assert not writable, where


def is_trampoline(el2, leaf):
    """The one page of code at its physical address: it turns the MMU on."""
    return leaf.address == el2.physical(el2["core_secondary"] & -PAGE) and leaf.size == PAGE


def check_code_has_no_other_address(leaves):
    """No page that is executable or constant can be written by another way."""
    closed = {}
    for leaf in leaves:
        if leaf.bit(READ_ONLY):
            closed.update((leaf.output + at, leaf) for at in range(0, leaf.size, PAGE))
    assert closed
    for leaf in leaves:
        if not leaf.bit(READ_ONLY):
            inside = [page for page in closed if leaf.output <= page < leaf.output + leaf.size]
            assert not inside, f"{inside[0]:#x} is writable at {leaf.address:#x}"


def check_stacks(leaves, cpus):
    """Each CPU's window has its stacks and its struct percpu, and nothing between them."""
    pages = {leaf.address: leaf for leaf in leaves if leaf.address >= CPU_WINDOWS}
    expected = {
        CPU_WINDOWS + cpu * CPU_STRIDE + offset
        for cpu in range(cpus)
        for offset in range(0, CPU_STRIDE, PAGE)
        if offset not in GUARD_PAGES
    }
    assert set(pages) == expected
    assert len({leaf.output for leaf in pages.values()}) == len(expected)


@pytest.mark.parametrize("cpu", ["cortex-a57", "max"])
def test_el2_tables(stopped, stub, cpu):
    cpus = 4
    machine, el2 = stopped(cpus=cpus, memory_mib=256, cpu=cpu)
    roots = set()
    for number in range(cpus):
        stub.select_cpu(number)
        on = SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_WXN
        assert stub.read("sctlr_el2") & on == on
        roots.add(stub.read("ttbr0_el2"))
    assert len(roots) == 1
    leaves = el2.tables()
    check_leaves(el2, leaves, 256 * MIB)
    check_code_has_no_other_address(leaves)
    check_stacks(leaves, cpus)
    stub.resume()
    assert machine.expect_exit(0) == "all VMs are off"
