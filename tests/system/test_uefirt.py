# SPDX-License-Identifier: Apache-2.0
"""UEFI runtime services with a bare program: each of them, every hostile argument, every level."""

import os
import re

from harness.monitor import go_to_monitor
from harness.vms import payload
from plinth import esp, qemu
from plinth.paths import IMAGE

FLASH_SIZE = 64 << 20


def test_every_hostile_argument(boot, make_bundle):
    """With variables for as long as Plinth runs and EL0 that may call, with nobody who keeps
    them, and in a VM without any: at once."""
    machine = boot(
        make_bundle(
            {
                "volatile": payload(
                    "uefirt", 1, "keeps=1 el0=1", extra=['nvram = "volatile"', 'control = "config"']
                ),
                "unkept": payload("uefirt", extra=['nvram = "kept"']),
                "none": payload("uefirt", 1, "none=1"),
            }
        ),
        cpus=1,
    )
    machine.expect_exit(0, timeout=60)
    text = machine.console.transcript
    assert "FAIL:" not in text, text
    for name, least in (("volatile", 70), ("unkept", 25), ("none", 1)):
        passed = re.findall(rf"^{name}\| PASS:", text, re.MULTILINE)
        assert len(passed) >= least, (name, len(passed), text)
    assert text.count("payload: resets") == 1


def test_the_hosts_firmware_keeps_variables(start, make_bundle, tmp_path):
    """Each VM's apart, over a power cycle of the host: its flash is all that stays. `b` says that
    its own are volatile."""
    guests = {
        "b": payload("uefirt", 1, "id=1", extra=['nvram = "volatile"']),
        "c": payload("uefirt", 1, "id=2", extra=['nvram = "kept"']),
        "d": payload("uefirt", 1, "id=3", extra=['nvram = "kept"']),
    }
    partition = esp.make(tmp_path / "esp", IMAGE, make_bundle(guests), "")
    flash = tmp_path / "vars"
    flash.touch()
    os.truncate(flash, FLASH_SIZE)
    drive = ["-drive", f"if=pflash,unit=1,format=raw,file={flash}"]
    for found in ("", "cd"):
        machine = start(None, firmware=qemu.AAVMF, esp=partition, extra=drive)
        machine.expect_exit(0, timeout=180)
        text = machine.console.transcript
        assert "FAIL:" not in text and "not kept" not in text, text
        for vm in "bcd":
            done = "found" if vm in found else "set"
            assert f"payload: {vm} has {done} its variables" in text, text


def test_the_monitor_lists_variables(boot, make_bundle):
    guests = {
        "v": payload("uefirt", 1, "id=1", extra=['nvram = "volatile"']),
        "stays": payload("busy", 1, "ms=600000"),
    }
    machine = boot(make_bundle(guests), cpus=1)
    machine.expect(r"^plinth: vm v: off$", timeout=60)
    go_to_monitor(machine)
    machine.send("nvram v\n")
    machine.expect(r"non-volatile \d+ of 16384 bytes, volatile 0 of 16384")
    machine.expect(r"11111111-1111-1111-1111-111111111111 nbr +15 Kept")
    machine.expect(r"11111111-1111-1111-1111-111111111111 nbr +3000 Large")
    machine.send("nvram stays\n")
    machine.expect(r"non-volatile 0 of 0 bytes \(nobody keeps them\)")
    machine.send("poweroff\n")
    machine.expect_exit(2, timeout=60)
