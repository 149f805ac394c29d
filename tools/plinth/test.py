# SPDX-License-Identifier: Apache-2.0
"""Runs the tests, cheapest group first:
  checks   format, our own checks, analysers, cross builds by gcc and clang
  unit     host tests by gcc and clang under ASan and UBSan, TSan for those with threads
  system   Plinth in QEMU with real guests
  fuzz     each fuzz target for a while, from the kept corpus
All together, the checks' analysers run beside the system tests, in what these leave of the CPUs.
With NAME only tests whose name contains it. Exits with 1 if anything fails or nothing ran."""

import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor

from plinth import setup
from plinth.command import progress
from plinth.errors import PlinthError
from plinth.groups import checks, fuzz, system, unit
from plinth.groups.outcome import Options, Outcome
from plinth.paths import TEST_LOGS

HELP = "run the tests"

NICE = 10  # of the analysers beside other tests

GROUPS = {"checks": checks, "unit": unit, "system": system, "fuzz": fuzz}


def add_arguments(parser):
    parser.add_argument("group", nargs="?", default="all", help=", ".join(GROUPS) + " or all")
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="part of a test's name")
    parser.add_argument("--long", action="store_true", help="also what takes minutes")
    parser.add_argument("-v", "--verbose", action="store_true", help="all output")


def main(arguments):
    if arguments.group != "all" and arguments.group not in GROUPS:
        names = ", ".join((*GROUPS, "all"))
        raise PlinthError(f"test: no group {arguments.group!r} (one of {names})", 2)
    setup.ensure()
    TEST_LOGS.mkdir(parents=True, exist_ok=True)
    options = Options(arguments.name, arguments.long, arguments.verbose)
    if arguments.group == "all":
        return report(run_all(options), options)
    return report(run_group(arguments.group, GROUPS[arguments.group].run, options), options)


def run_all(options):
    """Cheapest first, but for the analysers: the system tests, whose machines wait now and then, leave
    a quarter of the CPUs' time, and are to notice nothing."""
    total = run_group("checks", checks.run_quick, options)
    total += run_group("unit", unit.run, options)
    with ProcessPoolExecutor(1, initializer=os.nice, initargs=(NICE,)) as pool:
        analysers = pool.submit(run_group, "analysers", checks.run_analysers, options)
        total += run_group("system", system.run, options)
        total += analysers.result()
    total += run_group("fuzz", fuzz.run, options)
    return total


def run_group(name, run, options):
    start, cpu_start = time.monotonic(), cpu_seconds()
    try:
        outcome = run(options)
    except PlinthError as error:
        outcome = Outcome()
        outcome.add_failure(name, str(error))
    took = f"{time.monotonic() - start:.1f} s ({cpu_seconds() - cpu_start:.0f} s of CPU)"
    skipped = f", {outcome.skipped} skipped" if outcome.skipped else ""
    failed = len(outcome.failed)
    progress(f"{name}: {outcome.passed} passed, {failed} failed{skipped} in {took}")
    return outcome


def cpu_seconds():
    """What the programs that ended have taken: on a busy machine the better measure."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def report(total, options):
    """The closing lines; returns the exit status."""
    for name in total.failed:
        print(f"FAILED {name}")
    if total.count == 0:
        print(f"no test is named {options.name!r}" if options.name else "no tests ran")
    print(f"{total.passed} passed, {len(total.failed)} failed", flush=True)
    return 1 if total.failed or total.count == 0 else 0
