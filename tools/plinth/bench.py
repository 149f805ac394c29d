# SPDX-License-Identifier: Apache-2.0
"""Measures, prints tables, and writes build/bench.json: flat "name": number, in instructions or
bytes. Exits with 1 if a goal is missed. The benches, each a module bench/NAME.py:
  exits       what an exit costs: Plinth's part, NAME_total as a guest, NAME_bare without Plinth;
              with --peers beside Debian's KVM and Xen, as a table and build/exits-CPU.svg
  boot        a Debian guest's boot: beside bare EL1, and what EL2 executes of it
  work        a Debian guest's system calls, forks and compiling, beside bare EL1; 1 and 4 vCPUs
  coherency   cache lines maintained for a Debian guest, lazily and eagerly, beside KVM's and Xen's
  scan        what a scan of a Debian guest's address space costs
  cold_start  from Plinth's first instruction to the first guest's
  fw          the firmware of VMs, beside AAVMF
  vms         making and starting a VM, a switch with 2 and 256 VMs, what Plinth keeps for one
  backdoor    calls of VMware's backdoor
  uefirt      calls of UEFI's runtime services
  mpboot      mpboot.img: its bytes, and its instructions up to the next stage
  size        the image, its code by module, memory that Plinth holds
  profile     where EL2's instructions of a guest's boot go, by function (only if named)
  exit_trace  which instructions an exit consists of, as build/exit-trace.txt (only if named)"""

import importlib.util
import json

from plinth import build, setup
from plinth.command import timed
from plinth.errors import PlinthError
from plinth.paths import BUILD, ROOT, shown

HELP = "measure, print tables, write build/bench.json"

BENCHES = ROOT / "bench"
OUTPUT = BUILD / "bench.json"


def add_arguments(parser):
    parser.add_argument("name", nargs="*", metavar="NAME", help="benches to run (default: all)")
    parser.add_argument("--peers", action="store_true", help="beside KVM and Xen (exits)")


def main(arguments):
    available = {path.stem: path for path in sorted(BENCHES.glob("*.py"))}
    unknown = [name for name in arguments.name if name not in available]
    if unknown:
        names = ", ".join(available)
        raise PlinthError(f"bench: no such bench: {', '.join(unknown)} (there are: {names})", 2)
    setup.ensure()
    build.build(("gcc", "guest"))
    if arguments.peers:
        return beside_peers(arguments.name or ["exits"])
    figures = json.loads(OUTPUT.read_text()) if OUTPUT.exists() and arguments.name else {}
    missed = []
    for name, path in available.items():
        bench = load(path)
        if name not in arguments.name if arguments.name else getattr(bench, "ON_REQUEST", False):
            continue
        with timed(f"bench {name}"):
            measured = bench.measure()
        goals = getattr(bench, "GOALS", {})
        print_table(name, measured, goals)
        missed += missed_goals(measured, goals)
        figures.update(measured)
    OUTPUT.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    print(f"figures: {shown(OUTPUT)}" + (f"; MISSED: {', '.join(missed)}" if missed else ""))
    return 1 if missed else 0


def beside_peers(names):
    """The benches that can, with tables of their own; the figures join those that are there."""
    figures = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    for name in names:
        bench = load(BENCHES / f"{name}.py")
        if not hasattr(bench, "measure_peers"):
            raise PlinthError(f"bench: {name} compares with nobody", 2)
        with timed(f"bench {name} --peers"):
            figures.update(bench.measure_peers())
    OUTPUT.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    print(f"figures: {shown(OUTPUT)}")
    return 0


def load(path):
    """A bench: measure() -> {name: number}, GOALS = {name: most}, ON_REQUEST = only if named."""
    specification = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def missed_goals(figures, goals):
    return [name for name, most in goals.items() if figures[name] > most]


def print_table(name, figures, goals):
    if not figures:
        return
    print(f"{name}:")
    width = max(map(len, figures))
    missed = missed_goals(figures, goals)
    for key, value in figures.items():
        verdict = ""
        if key in goals:
            verdict = f"  goal {goals[key]:,}: {'MISSED' if key in missed else 'ok'}"
        print(f"  {key:<{width}}  {value:>16,}{verdict}")
