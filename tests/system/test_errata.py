# SPDX-License-Identifier: Apache-2.0
"""What CPUs' errata want of the instructions that Plinth is made of (docs/design/errata.md), where
no model tells the difference: read in core.elf, and in what the compiler makes of a header."""

import re
import subprocess

import pytest
from plinth.paths import ROOT


def run(*command, **settings):
    return subprocess.run(command, capture_output=True, check=True, text=True, **settings).stdout


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_devices_are_read_by_load_acquire(bits):
    """Cortex-A57 832075."""
    source = f'#include "arch/mmio.h"\nuint64_t f(uintptr_t a) {{ return arch_mmio_read{bits}(a); }}'
    folders = [f"-I{ROOT / folder}" for folder in ("arch/include", "arch/aarch64/include")]
    compiler = ["aarch64-linux-gnu-gcc", "-O2", "-S", "-o", "-", "-x", "c", *folders, "-"]
    code = run(*compiler, input=source)
    assert re.findall(r"^\t(ld\w+)", code, re.M) == [{8: "ldarb", 16: "ldarh"}.get(bits, "ldar")]
