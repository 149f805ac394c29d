# SPDX-License-Identifier: Apache-2.0
"""`reboot --soft` in the monitor: Plinth starts once more without the firmware. QEMU runs with
-no-reboot, so that a reset of the machine would be its end. With UEFI and ACPI: test_efi.py."""

import io
import re
import struct

import pytest
from harness.el2 import El2
from harness.monitor import ask, go_to_monitor
from harness.restart import memory, places, restart_from, waiting_vm
from harness.vms import MIB, debian, memory_property, payload, report_of, vm_dts, write_archive

ROUNDS = 4
WAIT_FOREVER = struct.pack("<2I", 0xD503207F, 0x17FFFFFF)  # wfi; b back to it
BRANCH_TO_ITSELF = struct.pack("<I", 0x14000000)

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


def test_cpu_that_does_not_come_back(boot, make_bundle, stub):
    """It is named, and the firmware restarts the machine, in whose memory it still runs."""
    bundle = make_bundle({"first": waiting_vm()})
    machine = boot(bundle, cpus=2, memory_mib=512, extra=["-no-reboot", *stub.options()])
    stub.connect()
    el2 = El2(stub)
    el2.run_to("exits_sync")
    stub.write_physical(el2.physical(el2["leave_for"]), BRANCH_TO_ITSELF)
    stub.resume()
    go_to_monitor(machine)
    machine.send("reboot --soft\n")
    machine.expect(r"^plinth: soft restart$")
    machine.expect(r"^plinth: CPU with MPIDR 0x1 does not come back$")
    machine.expect(r"^plinth: reboot$")
    assert machine.wait() == 0


def archive_without_vms():
    stream = io.BytesIO()
    write_archive(stream, {"readme": b"no VM\n"})
    return stream.getvalue()


def test_soft_restart_into_another_bundle(boot, make_bundle):
    """From disks of VMs, read-only or not: what is no bundle is refused while all goes on, a bundle
    without a VM that can start leads back to the former one, a good one is kept."""
    last = make_bundle({"last": waiting_vm()}, "last").read_bytes()
    of_second = [last, archive_without_vms()]
    second = make_bundle({"second": waiting_vm(of_second, kind="")}, "second").read_bytes()
    of_first = [second, b"nothing of the kind"]
    bundle = make_bundle({"first": waiting_vm(of_first)}, "first")
    machine = boot(bundle, cpus=2, memory_mib=512, extra=["-no-reboot"])
    machine.expect(r"^plinth: vm first: 1 vCPUs")
    go_to_monitor(machine)
    for words, why in (
        (f"first {places(of_first)[1]}", "that is no bundle"),
        ("first 40000000", "no disk of it begins there"),
        ("nobody 80000000", "no such VM"),
    ):
        assert ask(machine, f"reboot --soft {words}") == f"reboot --soft {words}: {why}\n"
    assert re.search(r"^first +running", ask(machine, "vm list"), re.M)

    restart_from(machine, "first", places(of_first)[0])
    machine.expect(r"^plinth: vm second: 1 vCPUs")
    go_to_monitor(machine)
    restart_from(machine, "second", places(of_second)[1])
    machine.expect(r"^plinth: no VM of the new bundle can start: back to the former one$")
    machine.expect(r"^plinth: vm second: 1 vCPUs")
    go_to_monitor(machine)
    machine.send("reboot --soft\n")
    machine.expect(r"^plinth: vm second: 1 vCPUs")
    go_to_monitor(machine)
    restart_from(machine, "second", places(of_second)[0])
    machine.expect(r"^plinth: vm last: 1 vCPUs")
    machine.expect(r"^plinth: entropy: ")
    go_to_monitor(machine)
    machine.send("poweroff\n")
    assert machine.expect_exit(2) == "poweroff in the monitor"
