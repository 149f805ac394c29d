# SPDX-License-Identifier: Apache-2.0
"""Runs the benches of bench/ and prints their tables; figures go to build/bench.json as flat
"name": number. Each bench is a module bench/NAME.py with measure() -> {name: number}."""

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


def main(arguments):
    available = {path.stem: path for path in sorted(BENCHES.glob("*.py"))}
    unknown = [name for name in arguments.name if name not in available]
    if unknown:
        names = ", ".join(available) or "none yet"
        raise PlinthError(f"bench: no such bench: {', '.join(unknown)} (there are: {names})", 2)
    if not available:
        raise PlinthError(f"no benches in {shown(BENCHES)} yet")
    setup.ensure()
    build.build(("gcc", "guest"))
    figures = json.loads(OUTPUT.read_text()) if OUTPUT.exists() and arguments.name else {}
    for name in arguments.name or available:
        with timed(f"bench {name}"):
            measured = load(available[name]).measure()
        print_table(name, measured)
        figures.update(measured)
    OUTPUT.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    return 0


def load(path):
    specification = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def print_table(name, figures):
    print(f"{name}:")
    width = max(map(len, figures), default=0)
    for key, value in figures.items():
        print(f"  {key:<{width}}  {value:>16,}")
