# SPDX-License-Identifier: Apache-2.0
"""Checks of the source: format, our own scripts (tools/check), analysers, both cross builds."""

import re
import subprocess
import sys
import time

from plinth import build
from plinth.command import progress, run as run_command
from plinth.errors import PlinthError
from plinth.groups import tidy
from plinth.groups.outcome import Outcome
from plinth.paths import BUILD, CACHE, ROOT

SCRIPTS = ROOT / "tools" / "check"
MACRO = re.compile(r"^\s*\.macro\b", re.M)  # a header for assembly, which clang-format garbles
CPPCHECK_SUPPRESSIONS = SCRIPTS / "cppcheck.txt"


def run(options):
    outcome = run_quick(options)
    outcome += run_analysers(options)
    return outcome


def run_quick(options):
    """All but the analysers, which take longest."""
    return run_each(quick_checks(options.verbose), options)


def run_analysers(options):
    """They go by the commands of one build, which need not have been made."""
    analysers = {"cppcheck": check_cppcheck, "clang_tidy": tidy.check}
    if any(options.selects(name) for name in analysers):
        build.configure("host-clang", options.verbose)
    return run_each(analysers, options)


def run_each(checks, options):
    """checks: name -> a function that returns what it complains about."""
    outcome = Outcome()
    for name, check in checks.items():
        if not options.selects(name):
            continue
        start = time.monotonic()
        try:
            output = check()
        except PlinthError as error:
            output = str(error)
        progress(f"check {name}: {time.monotonic() - start:.1f} s")
        if output:
            outcome.add_failure(f"check {name}", output)
        else:
            outcome.add_pass()
    return outcome


def quick_checks(verbose):
    """As run_each() wants them, cheapest first."""
    scripts = {path.stem: script(path) for path in sorted(SCRIPTS.glob("check_*.py"))}
    builds = ("gcc", "clang", "host", "host-clang")
    return {
        "format": check_format,
        **{f"build_{name}": cross_build(name, verbose) for name in builds},
        **scripts,
    }


def c_files():
    """The project's C files, tracked or new and not ignored; headers for assembly apart."""
    listed = run_command(
        ["git", "ls-files", "-co", "--exclude-standard", "*.c", "*.h"], cwd=ROOT
    )
    paths = [ROOT / name for name in listed.splitlines() if (ROOT / name).exists()]
    return [path for path in paths if not MACRO.search(path.read_text())]


def script(path):
    return lambda: complaints([sys.executable, path])


def cross_build(name, verbose):
    return lambda: build.build((name,), verbose)


def check_format():
    return complaints(["clang-format", "--dry-run", "-Werror", *c_files()])


def check_cppcheck():
    folder = CACHE / "cppcheck"
    folder.mkdir(parents=True, exist_ok=True)
    return complaints(
        [
            "cppcheck",
            f"--project={BUILD}/host-clang/compile_commands.json",
            f"--cppcheck-build-dir={folder}",
            f"--suppressions-list={CPPCHECK_SUPPRESSIONS}",
            "--enable=warning,portability",
            "--inline-suppr",
            "--error-exitcode=1",
            "--quiet",
            "-j2",
        ]
    )


def complaints(command):
    """Runs a checker in the project's root: its output if it fails, else nothing."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return (done.stdout or f"exit {done.returncode}") if done.returncode else ""
