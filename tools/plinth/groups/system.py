# SPDX-License-Identifier: Apache-2.0
"""System tests: pytest drives QEMU, several at a time."""

import os
import subprocess
import sys

from plinth import build
from plinth.groups.outcome import Outcome, from_junit
from plinth.paths import ROOT, TEST_LOGS

NO_TESTS_COLLECTED = 5  # pytest's exit status when a name matches nothing
WORKERS_MAX = 8  # each test's machine takes up to 4 GiB of memory


def run(options):
    build.build(("gcc", "guest", "bundles"), options.verbose)
    report = TEST_LOGS / "system.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "--junitxml", report, "--tb=short"]
    command += ["--durations", "20", "--durations-min", "10"]  # what took longest, in seconds
    command += ["-n", str(workers()), "--dist", "loadgroup"]
    command += ["-v"] if options.verbose else ["-q"]
    if options.name:
        command += ["-k", options.name]
    if options.long:
        command += ["--long"]
    status = subprocess.run(
        command, stdin=subprocess.DEVNULL, cwd=ROOT / "tests" / "system"
    ).returncode
    outcome = from_junit(report, "system") if report.exists() else Outcome()
    if status not in (0, NO_TESTS_COLLECTED) and not outcome.failed:
        outcome.failed.append(f"system: pytest ended with {status}")
    return outcome


def workers():
    """One test per CPU: a machine of two CPUs seldom keeps both busy, and they wait at times."""
    return min(len(os.sched_getaffinity(0)), WORKERS_MAX)
