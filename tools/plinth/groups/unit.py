# SPDX-License-Identifier: Apache-2.0
"""Unit tests: by gcc and clang under ASan and UBSan, and those with threads under TSan."""

import json
import re
import subprocess

from plinth import build
from plinth.command import only_one
from plinth.command import run as run_command
from plinth.errors import PlinthError
from plinth.groups.outcome import Outcome, from_junit
from plinth.paths import BUILD, TEST_LOGS

# Preset, and what it builds and runs of the tests.
RUNS = (("host", []), ("host-clang", []), ("tsan", ["-L", "tsan"]))


def run(options):
    outcome = Outcome()
    for preset, selection in RUNS:
        try:
            build_tests(preset, selection, options)
        except PlinthError as error:
            outcome.add_failure(f"unit: build {preset}", str(error))
            continue
        outcome += run_ctest(preset, selection, options)
    return outcome


def build_tests(preset, selection, options):
    """All of the preset, or what is selected of it: each test is a target of its own name."""
    with only_one("build"):
        if not selection and not options.name:
            build.build_preset(preset, options.verbose)
            return
        build.configure(preset, options.verbose)
        command = [*ctest(preset, selection, options), "--show-only=json-v1"]
        tests = json.loads(run_command(command, f"ctest ({preset})"))["tests"]
        if tests:
            build.build_preset(preset, options.verbose, [test["name"] for test in tests])
        elif not options.name:
            raise PlinthError(f"{preset}: no test is to be run")


def ctest(preset, selection, options):
    """The command that runs the selected tests of a preset."""
    name = ["-R", re.escape(options.name)] if options.name else []
    return ["ctest", "--test-dir", BUILD / preset, *selection, *name]


def run_ctest(preset, selection, options):
    report = TEST_LOGS / f"unit-{preset}.xml"
    report.unlink(missing_ok=True)
    command = [*ctest(preset, selection, options), "--output-junit", report]
    command += ["--output-on-failure", "--parallel", "2"]  # what has a COST first
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    outcome = from_junit(report, f"unit ({preset})") if report.exists() else Outcome()
    if done.returncode != 0 and not outcome.failed:
        outcome.failed.append(f"unit: ctest {preset}")
    if outcome.failed or options.verbose:
        print(done.stdout, flush=True)
    return outcome
