# SPDX-License-Identifier: Apache-2.0
"""Running other programs: quiet while they succeed, their output in full when they fail."""

import contextlib
import fcntl
import shlex
import subprocess
import sys
import time

from plinth.errors import PlinthError
from plinth.paths import BUILD


def progress(text):
    """One short line about a step; on stderr, so that stdout stays the program's own."""
    print(f"plinth: {text}", file=sys.stderr, flush=True)


def run(arguments, what=None, verbose=False, **options):
    """Runs a program and returns its stdout as text; PlinthError with its output when it fails."""
    arguments = [str(argument) for argument in arguments]
    if verbose:
        progress(shlex.join(arguments))
    try:
        done = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options
        )
    except FileNotFoundError:
        raise PlinthError(f"{arguments[0]} is not installed; ./plinth setup installs it") from None
    if done.returncode != 0:
        output = (done.stdout + done.stderr).strip()
        raise PlinthError(f"{what or shlex.join(arguments)}: exit {done.returncode}\n{output}")
    return done.stdout


def succeeds(arguments, **options):
    """Whether a program ends with 0; its output is dropped."""
    return (
        subprocess.run(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **options,
        ).returncode
        == 0
    )


@contextlib.contextmanager
def only_one(name):
    """Two ./plinth at the same time take turns at what writes to the same folder."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / f".{name}.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"waiting for another ./plinth ({name})")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def timed(what):
    """Prints how long a step took."""
    start = time.monotonic()
    yield
    progress(f"{what}: {time.monotonic() - start:.1f} s")
