# SPDX-License-Identifier: Apache-2.0
"""Unit tests: by gcc and clang under ASan and UBSan, and those with threads under TSan."""

import re
import subprocess

from plinth import build
from plinth.errors import PlinthError
from plinth.groups.outcome import Outcome, from_junit
from plinth.paths import BUILD, TEST_LOGS

# Preset, and what it runs of the tests.
RUNS = (("host", []), ("host-clang", []), ("tsan", ["-L", "tsan"]))


def run(options):
    outcome = Outcome()
    for preset, selection in RUNS:
        try:
            build.build((preset,), options.verbose)
        except PlinthError as error:
            outcome.add_failure(f"unit: build {preset}", str(error))
            continue
        outcome += run_ctest(preset, selection, options)
    return outcome


def run_ctest(preset, selection, options):
    report = TEST_LOGS / f"unit-{preset}.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", BUILD / preset, "--output-junit", report]
    command += ["--output-on-failure", "--parallel", "2", "--schedule-random", *selection]
    if options.name:
        command += ["-R", re.escape(options.name)]
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
