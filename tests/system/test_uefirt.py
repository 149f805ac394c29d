# SPDX-License-Identifier: Apache-2.0
"""UEFI runtime services with a bare program: each of them, every hostile argument, every level."""

import re

from harness.vms import payload


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
