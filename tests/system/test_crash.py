# SPDX-License-Identifier: Apache-2.0
"""A VM that cannot go on is stopped and reported; the others do not notice."""

import re
import struct

from harness.vms import MIB, debian, memory_property, report_of, vm_dts

CRASHED = 1  # the exit code when a VM crashed
JUMP_TO_ZERO = struct.pack("<II", 0xD2800001, 0xD61F0020)  # mov x1, #0; br x1


def lost():
    """No memory at address 0, and no exception vectors either."""
    properties = ["vcpus = <1>", memory_property(16 * MIB), 'kernel = "flat"']
    return {"vm.dts": vm_dts(properties), "flat": JUMP_TO_ZERO.ljust(4096, b"\0")}


def test_a_crash_is_reported_and_stays_alone(boot, make_bundle):
    machine = boot(make_bundle({"lost": lost(), "fine": debian("fine", vcpus=1)}))
    assert machine.expect_exit(CRASHED) == "a VM crashed"
    text = machine.console.transcript
    reason = "vcpu 0 jumped to nowhere: no exception vectors at 0x0"
    assert f"plinth: vm lost: crashed: {reason}\n" in text
    assert "plinth: vm fine: off\n" in text
    assert re.search(report_of("fine", 1), text)
