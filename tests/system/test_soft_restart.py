# SPDX-License-Identifier: Apache-2.0
"""`reboot --soft` in the monitor: Plinth starts once more without the firmware. QEMU runs with
-no-reboot, so that a reset of the machine would be its end. With UEFI and ACPI: test_efi.py."""

import re
import struct

import pytest
from harness.monitor import ask, go_to_monitor
from harness.vms import MIB, debian, memory_property, payload, report_of, vm_dts

ROUNDS = 4
WAIT_FOREVER = struct.pack("<2I", 0xD503207F, 0x17FFFFFF)  # wfi; b back to it


PAYLOAD = r"payload: [1-9]\d* checks, 0 failed"


def bundle_of(make_bundle, works):
    """One that uses four vCPUs and powers off, and one that stays."""
    stays = ["vcpus = <2>", memory_property(64 * MIB), 'kernel = "flat"']
    return make_bundle(
        {
            "works": works,
            "stays": {"vm.dts": vm_dts(stays), "flat": WAIT_FOREVER.ljust(4096, b"\0")},
        }
    )


def memory(machine):
    """KiB, in the order of `mem`: all, free, Plinth's own, stage-2 tables, guests'."""
    text = ask(machine, "mem")
    patterns = ("total", "free", "Plinth", "stage-2 tables", "guests", "page table of RAM")
    return [re.search(rf"{pattern} (\d+)", text).group(1) for pattern in patterns]


def check_restarts(boot, make_bundle, works, done, cpus, gic):
    """Again and again: each time all CPUs are there, guests run, and memory is the same. `works`
    says `done` and powers off."""
    bundle = bundle_of(make_bundle, works)
    machine = boot(bundle, cpus=cpus, gic=gic, memory_mib=512, extra=["-no-reboot"])
    seen = []
    for number in range(ROUNDS):
        ram = machine.expect(rf"^plinth: {cpus} of {cpus} CPUs, GICv{gic}, .* (\d+) MiB free$")
        machine.expect(done, 120)
        machine.expect(r"^plinth: vm works: off$")
        go_to_monitor(machine)
        seen.append([ram.group(1), *memory(machine)])
        if number == 1:
            assert ask(machine, "vm pause stays") == ""
        if number == 2:
            assert ask(machine, "vm start works") == ""
        machine.send("reboot --soft\n")
        machine.expect(r"^plinth: soft restart$")
    machine.expect(done, 120)
    # The first start differs: its devicetree was memory in use.
    assert seen[1:] == [seen[1]] * (ROUNDS - 1)
    assert "left out" not in machine.console.transcript
    go_to_monitor(machine)
    machine.send("poweroff\n")
    assert machine.expect_exit(2) == "poweroff in the monitor"


def test_soft_restart(boot, make_bundle):
    check_restarts(boot, make_bundle, payload("features", vcpus=4), PAYLOAD, cpus=4, gic=3)


@pytest.mark.long
def test_soft_restart_with_gicv2(boot, make_bundle):
    """Debian, since the payloads know GICv3 alone."""
    linux = debian("works", vcpus=2, memory=96 * MIB)
    check_restarts(boot, make_bundle, linux, report_of("works", 2), cpus=2, gic=2)
