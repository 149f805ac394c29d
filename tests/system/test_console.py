# SPDX-License-Identifier: Apache-2.0
"""The console under what guests print to harm others."""

import re

import pytest
from harness.vms import MIB, payload

NOISE = r"(\w+)\| noise: (\d+) of ([^\r\n]*)"


@pytest.mark.parametrize("focus", ("first", "second"))
def test_no_exit_takes_long(boot, make_bundle, focus):
    others = {"first": "answer", "second": "answer"}
    bundle = {name: payload(kind, memory=16) for name, kind in {**others, focus: "noise"}.items()}
    machine = boot(make_bundle(bundle), cpus=1, memory_mib=256, icount=True)
    machine.expect(rf"{focus}\| payload: 0 checks", 120)
    longest = [(int(count), kind) for _, count, kind in re.findall(NOISE, machine.console.transcript)]
    print(longest)
    assert len(longest) == 22
    assert max(longest) < (10_000, "")
