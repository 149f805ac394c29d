# SPDX-License-Identifier: Apache-2.0
"""What keeping a guest's caches coherent costs: data-cache lines cleaned and instruction-cache lines
invalidated at EL2 while a Debian guest boots to its init, lazily and eagerly, beside KVM and Xen.

Plinth's own counters count all maintenance at EL2, scrubbing and boot/'s too, so nothing is left
out; tests/system/test_coherency.py checks them once against the executed instructions. An IC IALLU*
counts as all the lines of the level-1 instruction cache."""

import re
import tempfile
from pathlib import Path

from plinth import initramfs
from plinth import measure as qemu_runs

LINES_MOST = 160_000
GOALS = {"coh_lazy_dlines": LINES_MOST, "coh_lazy_ilines": LINES_MOST}

MODES = ("lazy", "eager")
FAULTS = ("read", "write", "fetch", "walk", "exec", "copy", "raced", "revoked", "split")

# (data lines, instruction lines) before and after the guest's first instruction, of the same guest,
# measured once. Xen's IC IALLUIS are counted as ours: 768 lines each on a Cortex-A57.
ICACHE_LINES = 768
PEERS = {
    "KVM": ((548_851, 548_851), (1_179_712, 327_680)),
    "Xen": ((4_249_856 + 531_082, 66_403 * ICACHE_LINES), (0, 0)),
}

COUNTS = r"data_lines (\d+) code_lines (\d+) icache_all (\d+) of (\d+) lines"


def measure():
    figures = {}
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        initrd = Path(scratch) / "initrd.gz"
        initramfs.write_bench(initrd)
        for mode in MODES:
            console = boot(initrd, mode)
            loading, total = lines(console, "loaded"), lines(console, "guest ended")
            rows.append((f"Plinth, {mode}", loading, subtract(total, loading)))
            figures[f"coh_{mode}_dlines"], figures[f"coh_{mode}_ilines"] = total
            figures.update(faults(console, mode))
    print_phases(rows + [(name, *phases) for name, phases in PEERS.items()])
    return figures


def boot(initrd, mode, options=()):
    """The console of one quiet boot; `options` are more of QEMU's."""
    bootargs = f"{qemu_runs.BOOTARGS} quiet"
    return qemu_runs.guest_boot(initrd, bootargs, options, (f'coherency = "{mode}"',))


def lines(console, when):
    """(data lines, instruction lines) that Plinth had maintained by then."""
    data, code, whole, of = counts(console, when)
    return data, code + whole * of


def counts(console, when):
    """(data lines, IC IVAU, IC IALLU*, lines of each such)"""
    found = re.search(rf"plinth: bench: {when} {COUNTS}", console)
    return tuple(map(int, found.groups()))


def subtract(total, part):
    return tuple(a - b for a, b in zip(total, part))


def faults(console, mode):
    return {
        f"coh_{mode}_faults_{kind}": qemu_runs.number(console, rf"guest faults .*\b{kind} (\d+)")
        for kind in FAULTS
    }


def print_phases(rows):
    """In loading and boot, and together; "loading" ends at the guest's first instruction."""
    print(f"{'':14}{'data-cache lines':^33}{'instruction-cache lines':^33}")
    print(f"{'':14}" + 2 * "".join(f"{phase:>11}" for phase in ("loading", "boot", "all")))
    for name, loading, booting in rows:
        columns = [(load, run, load + run) for load, run in zip(loading, booting)]
        print(f"{name:14}" + "".join(f"{count:>11,}" for three in columns for count in three))
