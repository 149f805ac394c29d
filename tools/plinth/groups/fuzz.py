# SPDX-License-Identifier: Apache-2.0
"""Each libFuzzer target for a while, one per CPU at a time, from the corpus kept in
tests/fuzz/corpus/NAME."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from plinth import build
from plinth.command import only_one, progress
from plinth.errors import PlinthError
from plinth.groups.outcome import Outcome
from plinth.paths import BUILD, FUZZ_CORPUS, TEST_LOGS, shown

SECONDS = 10
SECONDS_LONG = 300
INPUT_TIMEOUT = 10
MEMORY_MIB = 2048


def run(options):
    outcome = Outcome()
    try:
        names = build_targets(options)
    except PlinthError as error:
        outcome.add_failure("fuzz: build", str(error))
        return outcome
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for one in pool.map(lambda name: fuzz(name, options), names):
            outcome += one
    return outcome


def build_targets(options):
    """Builds the selected targets, and no others; their names."""
    with only_one("build"):
        build.configure("fuzz", options.verbose)
        listed = (BUILD / "fuzz" / "fuzzers.txt").read_text().split(";")
        names = [name.strip() for name in listed if name.strip() and options.selects(name)]
        if names:
            build.build_preset("fuzz", options.verbose, names)
        return names


def fuzz(name, options):
    """The outcome of one target."""
    outcome = Outcome()
    programs = [path for path in (BUILD / "fuzz").rglob(name) if path.is_file()]
    if len(programs) != 1:
        outcome.add_failure(f"fuzz: {name}", f"{len(programs)} programs of that name")
        return outcome
    seconds = SECONDS_LONG if options.long else SECONDS
    progress(f"fuzz {name}: {seconds} s")
    found = BUILD / "fuzz-corpus" / name  # new inputs go here, not into the kept corpus
    found.mkdir(parents=True, exist_ok=True)
    command = [programs[0], f"-max_total_time={seconds}", f"-timeout={INPUT_TIMEOUT}"]
    command += [f"-rss_limit_mb={MEMORY_MIB}", f"-artifact_prefix={TEST_LOGS}/{name}-"]
    command += ["-print_final_stats=1", found]
    if (FUZZ_CORPUS / name).is_dir():
        command.append(FUZZ_CORPUS / name)
    log = TEST_LOGS / f"fuzz-{name}.log"
    with open(log, "w") as output:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    if done.returncode == 0:
        outcome.add_pass()
    else:
        lines = log.read_text(errors="replace").splitlines()[-60:]
        outcome.add_failure(f"fuzz: {name} ({shown(log)})", "\n".join(lines))
    return outcome
