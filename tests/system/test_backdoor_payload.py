# SPDX-License-Identifier: Apache-2.0
"""VMware's backdoor with a bare program: every malformed form, and the hardware's TDCC."""

import re
import subprocess

from harness.el2 import El2
from harness.vms import PAYLOADS, debian, payload

MDSCR_TDCC = 1 << 12
RAM = 0x40000000


def test_every_malformed_form(boot, make_bundle):
    """In a VM with BRK as a call and in one without, at once."""
    machine = boot(
        make_bundle(
            {
                "plain": payload("backdoor", extra=["vmware"]),
                "brk": payload("backdoor", 1, "brk=1", extra=["vmware", "backdoor-brk"]),
            }
        ),
        cpus=1,
    )
    machine.expect_exit(0, timeout=60)
    text = machine.console.transcript
    results = re.findall(r"payload: (\d+) checks, (\d+) failed", text)
    assert len(results) == 2 and "FAIL:" not in text, text
    assert all(int(checks) > 40 and failed == "0" for checks, failed in results)
    assert "vm plain: guest says: two pages" in text
    assert len(re.findall(r"vm plain: crash report: 0xdead", text)) == 1


def test_tables_that_a_start_has_hidden(boot, make_bundle):
    """Without FEAT_S2FWB CPU_ON hides what was zeroed for the guest, its page tables too."""
    vms = {"vm": payload("hidden_tables", 2, extra=["vmware"])}
    machine = boot(make_bundle(vms), cpu="cortex-a57")
    machine.expect(r"vm vm: guest says: by hidden tables")
    machine.expect(r"payload: \d+ checks, 0 failed")
    machine.expect_exit(0)


def test_tdcc_never_reaches_the_hardware(boot, make_bundle, stub):
    """The guest has set it, reads it back, and a process at EL0 calls all the same."""
    machines = {"vm": payload("backdoor", 1, "peek=1", extra=["vmware"])}
    machine = boot(make_bundle(machines), cpus=1, extra=stub.options())
    stub.connect()
    El2(stub).run_to("exits_backdoor")
    assert stub.read("MDSCR_EL1") & MDSCR_TDCC == 0
    stub.resume()
    machine.expect(r"payload: 2 checks, 0 failed")
    machine.expect_exit(0)
    text = machine.console.transcript
    assert "PASS: TDCC reads back" in text and "PASS: and EL0's greeting passes" in text


def test_newer_qemu_checks_tdcc(qemu_with_tdcc, start, tmp_path):
    """The control of the next test: without a hypervisor EL0's read goes to EL1."""
    tree = tmp_path / "tree.dtb"  # QEMU's own is too large for the place before a program
    source = '/dts-v1/; / { chosen { bootargs = "bare=1"; }; };'
    subprocess.run(["dtc", "-O", "dtb", "-o", tree, "-"], input=source.encode(), check=True)
    extra = ["-device", f"loader,file={tree},addr={RAM:#x},force-raw=on"]
    machine = start(PAYLOADS / "backdoor.elf", cpus=1, el2=False, extra=extra)
    machine.wait()
    text = machine.console.transcript
    assert "PASS: and EL0's read is EL1's to answer" in text and "FAIL:" not in text, text


def test_calls_where_tdcc_is_checked(qemu_with_tdcc, boot, make_bundle):
    """Debian's program in a guest whose Linux has set TDCC by itself; every malformed form."""
    guests = {
        "bare": payload("backdoor", extra=["vmware"]),
        "peek": payload("backdoor", 1, "peek=1", extra=["vmware"]),
        "linux": debian("linux", action="poweroff", vmware=True),
    }
    machine = boot(make_bundle(guests), cpus=2)
    machine.expect_exit(0, timeout=120)
    text = machine.console.transcript
    assert "VMware software version 6 (good)" in text, text
    assert "PASS: and EL0's greeting passes" in text and "FAIL:" not in text, text
    assert len(re.findall(r"payload: \d+ checks, 0 failed", text)) == 2, text
