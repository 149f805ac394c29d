# SPDX-License-Identifier: Apache-2.0
"""What CPUs' errata want of the instructions that Plinth is made of (docs/design/errata.md), where
no model tells the difference: read in core.elf, and in what the compiler makes of a header."""

import re
import subprocess

import pytest
from plinth.paths import BUILD, ROOT

CORE = BUILD / "gcc" / "core.elf"
FENCE = "dmb sy"


def run(*command, **settings):
    return subprocess.run(command, capture_output=True, check=True, text=True, **settings).stdout


@pytest.fixture(scope="module")
def functions():
    """{name: [instruction, ...]} of the core."""
    text = run("aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", CORE)
    found = {}
    for block in text.split("\n\n"):
        head = re.match(r"[0-9a-f]+ <(\S+)>:\n", block)
        if head:
            lines = re.findall(r"^ *[0-9a-f]+:\t(.*)$", block, re.M)
            found[head[1]] = [" ".join(line.split("//")[0].split()) for line in lines]
    return found


def test_par_el1_is_read_between_barriers(functions):
    """Cortex-A77 1508412: by arch_at_begin() and arch_at_end() around AT, in line or called, or by
    read_par_el1()."""
    reads = ends = 0
    for name, code in functions.items():
        for at, instruction in enumerate(code):
            ends += code[at - 1] == FENCE and instruction.startswith("msr par_el1,")
            if re.match(r"mrs x\d+, par_el1", instruction) and not name.startswith("arch_at_"):
                reads += 1
                assert is_fenced(code, at), f"{name}: {code[at - 2 : at + 3]}"
    assert reads >= 4, "core/exits twice, core/inspect, core/vcpu"
    assert ends >= 3, "core/exits twice, core/inspect"


def is_fenced(code, at):
    """Alone; or what AT says, before arch_at_end()."""
    if code[at - 1] == FENCE:
        return True
    end = code[at + 1 : at + 3]
    return code[at - 1] == "isb" and code[at - 2].startswith("at ") and FENCE in end


def test_the_counter_is_read_in_one_place(functions):
    """Cortex-A73 858921: where it is read again near a wrap."""
    readers = {
        name
        for name, code in functions.items()
        if any(re.match(r"mrs x\d+, cnt[pv]ct_el0", instruction) for instruction in code)
    }
    assert readers == {"read_cntpct_el0"}


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_devices_are_read_by_load_acquire(bits):
    """Cortex-A57 832075."""
    source = f'#include "arch/mmio.h"\nuint64_t f(uintptr_t a) {{ return arch_mmio_read{bits}(a); }}'
    folders = [f"-I{ROOT / folder}" for folder in ("arch/include", "arch/aarch64/include")]
    compiler = ["aarch64-linux-gnu-gcc", "-O2", "-S", "-o", "-", "-x", "c", *folders, "-"]
    code = run(*compiler, input=source)
    assert re.findall(r"^\t(ld\w+)", code, re.M) == [{8: "ldarb", 16: "ldarh"}.get(bits, "ldar")]
