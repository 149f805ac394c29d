# SPDX-License-Identifier: Apache-2.0
"""Installs what Plinth needs from Debian: tools on this machine by apt-get, and arm64 kernels,
libraries and programs unpacked under build/ (never installed or executed here).
Every other verb does this first; a second call finds everything there and is quick."""

import os
import shutil
import subprocess

from plinth import arm64, packages
from plinth.command import only_one, progress, run
from plinth.errors import PlinthError

HELP = "install what is missing (the other verbs do it too)"


def add_arguments(parser):
    parser.add_argument("--refresh", action="store_true", help="take newer arm64 packages")


def main(arguments):
    ensure(refresh=arguments.refresh)
    progress("setup: everything is there")
    return 0


def ensure(refresh=False):
    """Afterwards all of packages.py is there, or PlinthError says what to do."""
    with only_one("setup"):
        missing = missing_packages()
        if missing:
            install(missing)
        arm64.ensure(refresh)


def missing_packages():
    try:
        done = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages.HOST],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        raise PlinthError("no dpkg-query: Plinth's tools expect Debian 12") from None
    installed = {
        line.split()[0] for line in done.stdout.splitlines() if line.endswith(" installed")
    }
    return [name for name in packages.HOST if name not in installed]


def install(missing):
    names = " ".join(missing)
    as_root = []
    if os.geteuid() != 0:
        if not shutil.which("sudo"):
            raise PlinthError(
                f"not root and no sudo; as root: apt-get install --no-install-recommends {names}"
            )
        as_root = ["sudo"]
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    progress(f"installing {names}")
    run([*as_root, "apt-get", "-qq", "update"], "apt-get update")
    run(
        [*as_root, "apt-get", "-qq", "-y", "--no-install-recommends", "install", *missing],
        f"apt-get install {names}",
        env=environment,
    )
