# SPDX-License-Identifier: Apache-2.0
"""The host's own runtime services (AAVMF's) at EL2: power-off and reboot go by its ResetSystem, and a
service that takes an exception ends the services, not Plinth."""

import re
import struct

import pytest
from harness.el2 import El2
from harness.monitor import go_to_monitor
from harness.vms import payload
from plinth import esp, qemu
from plinth.paths import IMAGE

BRK = 0xD4200000
UDF = 0
COLD, SHUTDOWN = 0, 2
KEPT = 7  # attributes of a variable for which SetVariable is called
STARTED = r"^plinth: vm stays: "


@pytest.fixture
def debug(start, make_bundle, stub, tmp_path):
    """debug(VMs): (machine, El2) under AAVMF, stopped before the first instruction."""

    def begin(machines):
        partition = esp.make(tmp_path / "esp", IMAGE, make_bundle(machines), "")
        machine = start(None, firmware=qemu.AAVMF, esp=partition, extra=stub.options())
        stub.connect()
        return machine, El2(stub)

    return begin


def arguments(stub):
    """What arch_firmware_call() is about to give to the firmware."""
    return struct.unpack("<5Q", stub.read_memory(stub.read("x1"), 40))


def service_here(el2):
    """Plinth is about to call a service of the firmware; where that is."""
    service = el2.stub.read("x0")
    assert service < 1 << 40 <= el2["arch_firmware_call"], "that is not the firmware's"
    return service


def run_to_service(el2, when):
    """Until Plinth is about to call a service with arguments of which `when` holds."""
    stub = el2.stub
    assert stub.run_to(el2["arch_firmware_call"], lambda: when(arguments(stub))) is not None
    return service_here(el2)


def forbid_return(stub):
    """Whoever returns from the call that begins here panics."""
    stub.write_memory(stub.read("x30"), struct.pack("<I", BRK))


def test_power_off_by_reset_system(debug):
    machine, el2 = debug({"a": payload("hello")})
    run_to_service(el2, lambda args: args == (SHUTDOWN, 0, 0, 0, 0))
    forbid_return(el2.stub)
    el2.stub.resume()
    machine.expect_exit(0, timeout=120)


def test_reboot_by_reset_system(debug):
    machine, el2 = debug({"stays": payload("busy", 1, "ms=600000")})
    el2.stub.set_breakpoint(el2["arch_firmware_call"])
    el2.stub.resume()
    machine.expect(STARTED, timeout=120)
    go_to_monitor(machine)
    machine.send("reboot\n")
    machine.expect(r"plinth: reboot")
    assert el2.stub.wait_stop() is not None
    service_here(el2)
    assert arguments(el2.stub) == (COLD, 0, 0, 0, 0)
    el2.stub.clear_breakpoint(el2["arch_firmware_call"])
    forbid_return(el2.stub)
    el2.stub.resume()
    machine.expect(STARTED, timeout=120)


def test_a_fault_in_the_services_is_their_end(debug):
    """SetVariable's first instruction is none: VMs go on, and are told that nothing keeps what they
    set; Plinth powers off by PSCI."""
    guests = {
        "busy": payload("busy", 1, "ms=4000"),
        "keeps": payload("uefirt", 1, "id=2", extra=['nvram = "kept"']),
    }
    machine, el2 = debug(guests)
    service = run_to_service(el2, lambda args: args[2] == KEPT)
    el2.stub.write_physical(service, struct.pack("<I", UDF))
    el2.stub.resume()
    machine.expect_exit(0, timeout=120)
    text = machine.console.transcript
    fault = r"the host's firmware: exception in its runtime services: esr 0x2000000, pc (0x\w+)"
    assert re.findall(fault, text) == [f"{service:#x}"], text
    assert text.count("vm keeps: its variables are not kept: the host's firmware has failed") == 1
    assert re.search(r"^busy\| payload: 1 checks, 0 failed$", text, re.M), text
    assert "FAIL" not in text, text
