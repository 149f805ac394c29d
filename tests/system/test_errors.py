# SPDX-License-Identifier: Apache-2.0
"""Errors that the hardware reports: SErrors and external aborts. QEMU has no source of a physical
SError, so the debugger enters the vector as the CPU would; the virtual one that follows is QEMU's.
External aborts are all QEMU's: stage 2 is made to show addresses that nothing answers."""

import re
import struct

import pytest
from harness import translation
from harness.el2 import MARK, VECTOR_EL2_SERROR, VECTOR_GUEST_SERROR, El2
from harness.vms import MIB, memory_property, vm_dts
from plinth.paths import BUILD

PAYLOADS = BUILD / "payload"
ALL_OFF, CRASHED, PANIC = 0, 1, 72
BOARD = {"cpus": 1, "memory_mib": 256}

# ESR_EL2 of SErrors (DDI 0487, D19.2): one that says nothing, and those of FEAT_RAS by AET.
SERROR = 0xBE000000
UNCONTAINABLE, RESTARTABLE, CORRECTED = (SERROR | aet << 10 | 0x11 for aet in (0, 3, 6))


def payload(name, bootargs=""):
    properties = ["vcpus = <1>", memory_property(64 * MIB), 'kernel = "payload"']
    properties.append(f'bootargs = "{bootargs}"')
    return {"vm.dts": vm_dts(properties), "payload": PAYLOADS / f"{name}.elf"}


def busy():
    """The VM beside those of the tests: counts, takes SErrors, and is to see none."""
    return payload("busy", "ms=300")


DEAF_MARK = 9
DEAF = struct.pack(
    "<6I",
    0xD50344FF,  # msr daifclr, #4
    0xD2800000 | (MARK + DEAF_MARK & 0xFFFF) << 5,  # loop: movz x0, ...
    0xF2A00000 | (MARK >> 16 & 0xFFFF) << 5,  # movk x0, ..., lsl #16
    0xF2C00000 | (MARK >> 32) << 5,  # movk x0, ..., lsl #32
    0xD5380401,  # mrs x1, id_aa64pfr0_el1
    0x17FFFFFC,  # b loop
)


def deaf():
    """At mark 9 all the time, with SErrors unmasked and no vectors."""
    properties = ["vcpus = <1>", memory_property(16 * MIB), 'kernel = "flat"']
    return {"vm.dts": vm_dts(properties), "flat": DEAF.ljust(4096, b"\0")}


@pytest.fixture
def debug(boot, make_bundle, stub):
    """debug(VMs, **board): (machine, El2), stopped before the first instruction."""

    def start(machines, **board):
        machine = boot(make_bundle(machines), extra=stub.options(), **(BOARD | board))
        stub.connect()
        return machine, El2(stub)

    return start


def give_serrors(el2, syndromes):
    """At each mark {number: syndrome}, once."""
    while syndromes:
        cpu, number = el2.run_to_mark()
        if number in syndromes:
            el2.enter_vector(cpu, VECTOR_GUEST_SERROR, syndromes.pop(number))
    el2.stub.resume()


def outcomes(machine):
    """What the serror payload has printed."""
    return re.findall(r"^serror\| serror (\d: .*)$", machine.console.transcript, re.M)


def check_busy_is_well(machine):
    text = machine.console.transcript
    assert re.search(r"^busy\| payload: 1 checks, 0 failed$", text, re.M), text
    assert "FAIL" not in text, text


def test_serrors_are_given_to_their_vm(debug):
    """At once, or when it unmasks them though another VM ran in between; who cannot take one is
    stopped; nobody else sees anything."""
    machine, el2 = debug({"serror": payload("serror"), "busy": busy(), "deaf": deaf()})
    syndrome = SERROR | 0x123
    give_serrors(el2, {1: syndrome, 2: syndrome, DEAF_MARK: syndrome})
    assert machine.expect_exit(CRASHED) == "a VM crashed"
    taken = "of kind 3, esr 0xbe000000"
    assert outcomes(machine) == [
        f"1: taken there {taken}",
        "2: none",
        "2: pending 1",
        f"2: taken there {taken}",
    ]
    text = machine.console.transcript
    assert text.count(f"vm serror: SError, syndrome {syndrome:#x}, given to vcpu 0\n") == 2
    assert "vm deaf: crashed: vcpu 0 jumped to nowhere: no exception vectors at 0x0\n" in text
    check_busy_is_well(machine)


def test_serrors_by_severity(debug):
    """Where FEAT_RAS says what an SError has done."""
    guests = {"serror": payload("serror", "marks=2"), "busy": busy()}
    machine, el2 = debug(guests, cpu="neoverse-n1")
    give_serrors(el2, {1: CORRECTED, 2: RESTARTABLE})
    assert machine.expect_exit(ALL_OFF) == "all VMs are off"
    # ESR_EL1.IDS: the guest is told that nothing is known.
    assert outcomes(machine) == [
        "1: none",
        "2: taken there of kind 3, esr 0xbf000000",
        "3: none",
        "3: pending 0",
        "3: none",
    ]
    check_busy_is_well(machine)


@pytest.mark.panics
def test_uncontainable_serror_stops_the_machine(debug):
    machine, el2 = debug({"serror": payload("serror")}, cpu="neoverse-n1")
    give_serrors(el2, {1: UNCONTAINABLE})
    assert machine.expect_exit(PANIC) == "panic"
    report = f"SError that is not contained, in vm serror: esr {UNCONTAINABLE:#x}\n"
    assert report in machine.console.transcript


@pytest.mark.panics
def test_el2s_own_serror_stops_the_machine(debug, stub):
    machine, el2 = debug({"serror": payload("serror")})
    cpu = el2.run_to("exits_sync")
    pc = stub.read("pc")
    el2.enter_vector(cpu, VECTOR_EL2_SERROR, SERROR | 1, elr=pc)
    stub.resume()
    assert machine.expect_exit(PANIC) == "panic"
    report = f"exception at EL2 (SError): esr {SERROR | 1:#x}, pc {pc:#x}, "
    assert report in machine.console.transcript


# Of tests/payload/external.c; and a place of the board where nothing is.
BLOCK = 2 * MIB
DATA, CODE, TABLE, NO_WALK = (0x4000_0000 + number * BLOCK for number in (16, 17, 18, 19))
BY_TABLE = 300 << 30
HOLE = 0x0B00_0000


def broken(leaf):
    """The descriptor that shows the hole, or seeks its next table there."""
    if not leaf.is_valid:
        return HOLE | translation.TABLE | translation.VALID
    return leaf.descriptor & ~(translation.ADDRESS & ~(leaf.size - 1)) | HOLE


def test_external_aborts_are_given_to_their_vm(debug, stub):
    machine, el2 = debug({"external": payload("external"), "busy": busy()})
    cpu, _ = el2.run_to_mark()
    leaves = [el2.stage2_leaf(ipa) for ipa in (DATA, CODE, TABLE, NO_WALK)]
    assert [leaf.is_valid for leaf in leaves] == [True, True, True, False]
    el2.write_stage2(cpu, {leaf.at: broken(leaf) for leaf in leaves})
    # EL2's own walk through the guest's table, which a fix-up ends.
    el2.run_to("exits_sync")
    result = stub.read("sp") - 256
    assert not el2.asks(cpu, "exits_translate_fetch", BY_TABLE, result)
    assert el2.asks(cpu, "exits_translate_fetch", DATA, result)
    cpu, _ = el2.run_to_mark()
    el2.write_stage2(cpu, {leaf.at: leaf.descriptor for leaf in leaves})
    stub.resume()
    assert machine.expect_exit(ALL_OFF) == "all VMs are off"
    assert "external| payload: 7 checks, 0 failed\n" in machine.console.transcript
    check_busy_is_well(machine)
